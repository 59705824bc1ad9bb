import { build } from '../src/build.ts';
import { catalogue } from '../src/catalogue/index.ts';
import type { Family } from '../src/catalogue/metric.ts';
import { toRegistry } from '../src/catalogue/metric.ts';
import { encodeOpenMetrics } from '../src/exposition/openmetrics.ts';
import { encodeText } from '../src/exposition/text.ts';
import { agentListing, assemble } from '../src/snapshot/assemble.ts';
import { toFloor } from '../src/snapshot/floor.ts';
import { parseAgentStatus } from '../src/vcc/agent-status.ts';
import { pageBodies } from './account.ts';
import { straightforwardMetrics } from './contenders.ts';
import { inTurn, median, ratio, table, unjudged, verdict } from './measure.ts';

/** The default options of an account. */
export const floorOptions = {
  ageBounds: [30, 60, 300, 600, 900, 1200, 1800, 3600, 4500, 7200],
  maxDescriptions: 50,
};
/** The properties of a reading besides the floor. */
export const facts = {
  agentSeries: undefined,
  teams: undefined,
  roster: undefined,
  durationMs: 1,
  budgetMs: 9500,
  pages: 1,
  duplicates: 0,
  requests: 1,
  retries: 0,
  clockSkewMs: 0,
  semantics: [],
  simulated: false,
  cached: false,
};

/** All computation of a scrape: from page bodies to text. */
async function oursFrom(
  bodies: readonly string[],
  encode: (families: readonly Family[]) => Buffer,
): Promise<Buffer> {
  const snapshot = assemble(
    new Map(bodies.map((body, index) => [index + 1, parseAgentStatus(body, index + 1)])),
    agentListing,
  );
  if ('reason' in snapshot) throw new Error(snapshot.reason);
  const floor = toFloor(snapshot, floorOptions);
  const registry = toRegistry(catalogue, {
    accounts: 1,
    build,
    readings: [{ account: 'bench', error: undefined, floor, ...facts }],
  });
  return encode((await registry.getMetricsAsJSON()) as unknown as Family[]);
}

/**
 * (b) CPU time of parse + snapshot + metrics + text, as a ratio to JSON.parse of the same pages.
 */
export async function cpuTime(quick: boolean): Promise<string> {
  const rows: string[][] = [];
  const verdicts: string[] = [];
  for (const [agents, rounds] of [
    [100, 2000],
    [1000, 300],
    [10_000, 40],
    [50_000, 12],
  ] as const) {
    if (quick && agents > 10_000) continue;
    const bodies = pageBodies(agents, 1000);
    const [parse = [], text = [], open = [], naive = []] = await inTurn(
      quick ? Math.ceil(rounds / 10) : rounds,
      Math.ceil(rounds / (quick ? 10 : 4)),
      () => {
        for (const body of bodies) JSON.parse(body);
      },
      () => oursFrom(bodies, encodeText),
      () => oursFrom(bodies, encodeOpenMetrics),
      () => straightforwardMetrics(bodies),
    );
    verdicts.push(verdict(`ours/parse at ${agents} agents`, ratio(text, parse), 1.5));
    rows.push([
      String(agents),
      `${median(parse).toFixed(2)} ms`,
      `${median(text).toFixed(2)} ms`,
      ratio(text, parse).toFixed(2),
      ratio(open, parse).toFixed(2),
      ratio(naive, parse).toFixed(2),
    ]);
  }
  const head = [
    'agents',
    'JSON.parse',
    'ours, text',
    'ours/parse',
    'OpenMetrics/parse',
    'straightforward/parse',
  ];
  return `(b) CPU of parse + snapshot + metrics + text, beside JSON.parse of the same pages (medians of pairs)

${table(head, rows)}

${quick ? unjudged : verdicts.join('\n')}
`;
}
