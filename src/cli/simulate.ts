import { resolve } from 'node:path';
import { Option } from 'commander';
import { ConfigError } from '../config/load.ts';
import { semantics, wholeNumber } from '../config/parse.ts';
import { forever } from '../deadline.ts';
import { DocumentError } from '../documents/errors.ts';
import { readFileText } from '../files/read-file.ts';
import { maxRecordingBytes, parseRecording, type Recording } from '../recording/format.ts';
import { type Fault, faultKinds, parseFault } from '../simulator/faults.ts';
import { joinQuirks, parseQuirk, quirkKinds } from '../simulator/quirks.ts';
import { type Simulator, startSimulator } from '../simulator/server.ts';
import type { Command } from './command.ts';
import { collect, createOptionReader } from './options.ts';

interface SimulateOptions {
  from?: string;
  agents: string;
  accounts: string;
  seed: string;
  port: string;
  latency: string;
  tokenSeconds: string;
  semantics?: string;
  quirk: readonly string[];
  fault: readonly string[];
}

/** Serves a simulator of the API on this machine. */
export const simulate: Command<SimulateOptions> = {
  name: 'simulate',
  summary: 'serve a simulator of the VCC API',
  about:
    'Serves a simulator of the VCC API, and prints the settings for an exporter. With several accounts it prints them as YAML for VCC_CONFIG.',
  options: [
    new Option('--from <file>', 'serve a recording of vcc-exporter record, in a loop').conflicts([
      'agents',
      'accounts',
      'seed',
      'semantics',
      'quirk',
    ]),
    new Option('--agents <n>', '10 to 50000 agents, in each account').default('200'),
    new Option('--accounts <n>', '1 to 1000 accounts').default('1'),
    new Option('--seed <n>', 'random seed; another seed gives other agents and calls').default('1'),
    new Option('--port <n>', 'port on localhost, 0 for any free port').default('9755'),
    new Option('--latency <ms>', 'milliseconds of delay before every answer').default('0'),
    new Option('--token-seconds <n>', 'lifetime of a token in seconds').default('7200'),
    new Option(
      '--semantics <question=answer,...>',
      'answers to questions that the API reference leaves open, as in VCC_SEMANTICS',
    ),
    new Option('--quirk <quirk>', 'a peculiarity of the API; may be given several times')
      .default([], 'none')
      .argParser(collect),
    new Option('--fault <fault>', 'a fault to simulate; may be given several times')
      .default([], 'none')
      .argParser(collect),
  ],
  sections: [],
  statuses: ['it was stopped', 'it failed'],
  examples: ['simulate', 'simulate --agents 5000 --fault status=503,retry-after=2,page=3,times=2'],
  notes: `Questions and answers: vcc-exporter calibrate --help.

Quirks:
${Object.values(quirkKinds)
  .map((line) => `  ${line}`)
  .join('\n')}

Faults:
${Object.values(faultKinds)
  .map((line) => `  ${line}`)
  .join('\n')}
  followed by conditions: page=3, times=2, rate=0.1, on=token, on=users, on=ongoing or on=queue-times, account=simulated-2`,
  async run(terminal, given) {
    terminal.outlastReaders();
    const { read, problems, done } = createOptionReader();
    const count = read('accounts', given.accounts, wholeNumber(1, 1000));
    const options = {
      agents: read('agents', given.agents, wholeNumber(10, 50_000)),
      seed: read('seed', given.seed, wholeNumber(0, 2 ** 32 - 1)),
      port: read('port', given.port, wholeNumber(0, 65_535)),
      latencyMs: read('latency', given.latency, wholeNumber(0, 600_000)),
      tokenSeconds: read('token-seconds', given.tokenSeconds, wholeNumber(1, 1_000_000)),
      world: given.semantics === undefined ? {} : read('semantics', given.semantics, semantics),
      faults: given.fault.map((fault): Fault => read('fault', fault, parseFault)),
    };
    const quirks = given.quirk.map((quirk) => read('quirk', quirk, parseQuirk));
    if (problems.length === 0) problems.push(...strayFaults(options.faults, count));
    done();

    const path = given.from === undefined ? undefined : resolve(terminal.folder, given.from);
    const recording = path === undefined ? undefined : await loadRecording(path);
    const accounts = namesOf(count).map((name) => ({ name, recording }));
    const simulator = await startSimulator({
      ...options,
      quirks: joinQuirks(quirks),
      accounts,
      callers: true,
    }).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EADDRINUSE' ? new ConfigError([`--port: port ${options.port} is in use`]) : error;
    });
    if (count === 1) {
      terminal.note(
        `A simulator of the VCC API with ${recording ? `the recording ${path}` : `${options.agents} agents`}. Settings for an exporter:`,
      );
      terminal.data(`VCC_ACCOUNT=${simulator.accounts[0]!.name}`);
      terminal.data(`VCC_API_URL=${simulator.apiUrl}`);
      terminal.data(`VCC_TOKEN_URL=${simulator.tokenUrl}`);
      terminal.data(`VCC_CLIENT_ID=${simulator.clientId}`);
      terminal.data(`VCC_CLIENT_SECRET=${simulator.clientSecret}`);
    } else {
      const each = `${count} accounts of ${options.agents} agents each`;
      terminal.note(
        `A simulator of the VCC API with ${each}. Save this as a file and set VCC_CONFIG to its path:`,
      );
      terminal.data(toConfigYaml(simulator));
    }
    await terminal.stopped;
    await simulator.close();
    return 0;
  },
};

async function loadRecording(path: string): Promise<Recording> {
  try {
    return parseRecording(await readFileText(path, maxRecordingBytes, forever), path);
  } catch (error) {
    throw error instanceof DocumentError ? new ConfigError([`--from: ${error.message}`]) : error;
  }
}

const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `simulated-${index + 1}`);

function strayFaults(faults: readonly Fault[], count: number): string[] {
  const names = namesOf(count);
  return faults.flatMap(({ account }) =>
    account === undefined || names.includes(account)
      ? []
      : [`--fault: expected account=simulated-N with N from 1 to ${count}; received "${account}"`],
  );
}

function toConfigYaml({ accounts, tokenUrl, apiUrl }: Simulator): string {
  return [
    'accounts:',
    ...accounts.flatMap(({ name, clientId, clientSecret }) => [
      `  - name: ${name}`,
      `    client_id: ${clientId}`,
      `    client_secret: ${clientSecret}`,
      `    token_url: ${tokenUrl}`,
      `    api_url: ${apiUrl}`,
    ]),
  ].join('\n');
}
