import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { getters } from '../scripts/e2e/parts.mjs';
import { startRuntime } from '../test/support/runtime-api.ts';
import { environmentOfSecrets, startSecretsServer } from '../test/support/secrets-server.ts';
import { buildFunctions, type FunctionName, type Functions } from './functions.ts';
import { median, table, unjudged } from './measure.ts';
import { startServer } from './start-server.ts';

const modules = fileURLToPath(new URL('../node_modules', import.meta.url));
const event = JSON.parse(
  readFileSync(new URL('../test/fixtures/events/function-url.json', import.meta.url), 'utf8'),
);
const latencyMs = 20;

type Contender = [label: string, name: FunctionName, env: Record<string, string>];

/** Lambda's runtime client and its Node.js, or why they are missing. */
export function findRuntime(): { node: string; client: string } | { missing: string } {
  try {
    return getters.runtimeClient();
  } catch (error) {
    return { missing: String(error) };
  }
}

/**
 * (d) Start and answers in Lambda's runtime client on Node.js 24. The baselines are an empty
 * handler and a naive build.
 */
export async function lambda(quick: boolean): Promise<string> {
  const title = '(d) Lambda: cold start and warm latency under aws-lambda-ric, Node.js 24 (medians)';
  const runtime = findRuntime();
  if ('missing' in runtime) return `${title}\n\nnot measured: ${runtime.missing}\n`;
  const functions = await buildFunctions();
  const api = await startServer(100, 1000, latencyMs, { ongoing: 30, queueTimes: 100 });
  const secrets = await startSecretsServer({
    values: { AWSCURRENT: { clientId: 'bench', clientSecret: 'bench' } },
  });
  try {
    const account = {
      VCC_API_URL: api.origin,
      VCC_TOKEN_URL: `${api.origin}/token`,
      VCC_SCRAPE_AUTH: 'none',
    };
    const plain = { ...account, VCC_CLIENT_ID: 'bench', VCC_CLIENT_SECRET: 'bench' };
    const secret = { ...account, ...environmentOfSecrets(secrets), VCC_SECRET_ID: 'bench' };
    const contenders: Contender[] = [
      ['empty handler', 'empty', {}],
      ['as deployed', 'deployed', plain],
      ...(process.env.BENCH_BEFORE ? [['before', 'before', plain] as Contender] : []),
      ['with queues', 'deployed', { ...plain, VCC_QUEUES: 'on', VCC_QUEUE_WINDOW: '24h' }],
      ['naive build', 'naive', plain],
      ['secret, SDK of the runtime', 'deployed', secret],
      ['secret, SDK bundled', 'bundledSdk', secret],
    ];
    const figures = contenders.map(() => ({
      init: [] as number[],
      first: [] as number[],
      warm: [] as number[],
    }));
    for (let round = 0; round < (quick ? 3 : 31); round++) {
      for (const [index, [, name, env]] of contenders.entries()) {
        const started = await startRuntime({
          ...runtime,
          zip: functions.zips[name],
          handler: 'metrics.handler',
          env,
          runtimeModules: modules,
        });
        try {
          await started.invoke(event);
          const { init, first, warm } = figures[index]!;
          init.push(started.initMs);
          first.push(started.firstAnswerMs()!);
          for (let times = 0; times < 10; times++) warm.push((await started.invoke(event)).durationMs);
        } finally {
          await started.close();
        }
      }
    }
    return report(title, contenders, figures, functions, quick);
  } finally {
    functions.remove();
    api.stop();
    await secrets.close();
  }
}

function report(
  title: string,
  contenders: readonly Contender[],
  figures: readonly { init: number[]; first: number[]; warm: number[] }[],
  functions: Functions,
  quick: boolean,
): string {
  const startsOf = (label: string) => figures[contenders.findIndex(([each]) => each === label)]?.init;
  const [empty, deployed, before] = ['empty handler', 'as deployed', 'before'].map(startsOf);
  const rows = contenders.map(([label, name], index) => {
    const { init, first, warm } = figures[index]!;
    return [
      label,
      `${(functions.sizes[name] / 1000).toFixed(0)} KB`,
      `${median(init).toFixed(0)} ms`,
      `${median(first).toFixed(0)} ms`,
      `${median(warm).toFixed(1)} ms`,
    ];
  });
  // Compare pair by pair, since a slower machine slows down both.
  const above = median(deployed!.map((ms, round) => ms - empty![round]!));
  const change =
    before &&
    `start, as deployed less before: ${median(deployed!.map((ms, round) => ms - before[round]!)).toFixed(1)} ms (median of pairs)\n`;
  const goal = `start above the empty handler: ${above.toFixed(1)} ms, goal at most 25 ms`;
  return `${title}

${table(['function', 'code', 'start', 'first answer', 'warm'], rows)}

${change ?? ''}${quick ? unjudged : `${above <= 25 ? 'met   ' : 'MISSED'}  ${goal}`}
Start: from starting the process to its asking for an event. First answer: from starting the process to the first answered
event; with an account of 100 agents it is two requests (token, page) of ${latencyMs} ms each, warm one. Each start is a new process.
`;
}
