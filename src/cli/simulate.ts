import { parseArgs } from 'node:util';
import { ConfigError } from '../config/load.ts';
import { Unfit, wholeNumber } from '../config/parse.ts';
import { type Fault, faultKinds, parseFault } from '../simulator/faults.ts';
import { type Simulator, startSimulator } from '../simulator/server.ts';
import type { Command } from './terminal.ts';

/** What `simulate` understands, for its --help. */
export const simulateHelp = `Options of simulate:
  --agents N          10 to 50000 agents, in each account (200)
  --accounts N        1 to 1000 accounts (1); more than one are printed as YAML for VCC_CONFIG
  --seed N            other agents and calls (1)
  --port N            port on localhost (9755; 0: any free one)
  --latency MS        added to every answer (0)
  --token-seconds N   life of a token (7200)
  --fault FAULT       something that goes wrong; may be given several times:
${Object.values(faultKinds)
  .map((line) => `                        ${line}`)
  .join('\n')}
                      followed by conditions: page=3, times=2, rate=0.1, on=token or on=users,
                      account=simulated-2
                      as in --fault status=503,retry-after=2,page=3,times=2`;

/** Serves a simulator of the API on this machine. */
export const simulate: Command = async (terminal, args) => {
  const string = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      agents: { ...string, default: '200' },
      accounts: { ...string, default: '1' },
      seed: { ...string, default: '1' },
      port: { ...string, default: '9755' },
      latency: { ...string, default: '0' },
      'token-seconds': { ...string, default: '7200' },
      fault: { ...string, multiple: true, default: [] },
    },
  });
  const problems: string[] = [];
  const read = <T>(option: string, given: string, parse: (text: string) => T): T => {
    try {
      return parse(given);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      problems.push(`--${option}: expected ${error.expected}; received "${given}"`);
      return undefined as T;
    }
  };
  const count = read('accounts', values.accounts, wholeNumber(1, 1000));
  const options = {
    agents: read('agents', values.agents, wholeNumber(10, 50_000)),
    seed: read('seed', values.seed, wholeNumber(0, 2 ** 32 - 1)),
    port: read('port', values.port, wholeNumber(0, 65_535)),
    latencyMs: read('latency', values.latency, wholeNumber(0, 600_000)),
    tokenSeconds: read('token-seconds', values['token-seconds'], wholeNumber(1, 1_000_000)),
    faults: values.fault.map((fault): Fault => read('fault', fault, parseFault)),
  };
  if (problems.length === 0) problems.push(...strayFaults(options.faults, count));
  if (problems.length > 0) throw new ConfigError(problems);

  const accounts = namesOf(count).map((name) => ({ name }));
  const simulator = await startSimulator({ ...options, accounts }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE' ? new ConfigError([`--port: port ${options.port} is in use`]) : error;
  });
  if (count === 1) {
    terminal.note(`A simulator of the VCC API with ${options.agents} agents. Point an exporter at it with:`);
    terminal.print(`VCC_ACCOUNT=${simulator.accounts[0]!.name}`);
    terminal.print(`VCC_API_URL=${simulator.apiUrl}`);
    terminal.print(`VCC_TOKEN_URL=${simulator.tokenUrl}`);
    terminal.print(`VCC_CLIENT_ID=${simulator.clientId}`);
    terminal.print(`VCC_CLIENT_SECRET=${simulator.clientSecret}`);
  } else {
    const each = `${count} accounts of ${options.agents} agents each`;
    terminal.note(`A simulator of the VCC API with ${each}. Save this and point VCC_CONFIG at it:`);
    terminal.print(toConfigYaml(simulator));
  }
  await terminal.stopped;
  await simulator.close();
  return 0;
};

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
