import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import { Gauge, Registry } from 'prom-client';
import { build } from '../src/build.ts';
import { catalogue } from '../src/catalogue/index.ts';
import type { Family } from '../src/catalogue/metric.ts';
import { toRegistry } from '../src/catalogue/metric.ts';
import { Secret } from '../src/credentials.ts';
import { encodeText } from '../src/exposition/text.ts';
import { createPseudonyms } from '../src/pseudonyms.ts';
import { toAgentSeries } from '../src/snapshot/agent-series.ts';
import { agentListing, assemble } from '../src/snapshot/assemble.ts';
import { toFloor } from '../src/snapshot/floor.ts';
import { parseAgentStatus } from '../src/vcc/agent-status.ts';
import { pageBodies } from './account.ts';
import { facts, floorOptions } from './cpu.ts';
import { inTurn, median, ratio, table, unjudged, verdict } from './measure.ts';

const gzip = promisify(gzipCallback);
const key = new Secret('a key of at least 16 characters');

/** Turns page bodies into text, with series for every single agent. */
async function withSingles(bodies: readonly string[], idOf: (id: string) => string): Promise<Buffer> {
  const snapshot = assemble(
    new Map(bodies.map((body, index) => [index + 1, parseAgentStatus(body, index + 1)])),
    agentListing,
  );
  if ('reason' in snapshot) throw new Error(snapshot.reason);
  const choice = { limit: 1_000_000, loggedOut: true, include: undefined, exclude: undefined, idOf };
  const agentSeries = toAgentSeries(snapshot, 'bench', undefined, choice);
  const floor = toFloor(snapshot, floorOptions);
  const reading = { account: 'bench', error: undefined, ...facts, floor, agentSeries };
  return encodeText(
    (await toRegistry(catalogue, {
      build,
      accounts: 1,
      readings: [reading],
    }).getMetricsAsJSON()) as unknown as Family[],
  );
}

/** Only the series of single agents, with prom-client's gauges and text. */
async function byPromClient(bodies: readonly string[]): Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, labels: string[] = []) =>
    new Gauge({ name, help: name, labelNames: ['account', 'agent_id', ...labels], registers: [registry] });
  const presence = gauge('presence', ['presence', 'description']);
  const presenceSince = gauge('presence_since');
  const workload = gauge('workload', ['workload']);
  const workloadSince = gauge('workload_since');
  const eligible = gauge('eligible');
  const interactions = gauge('interactions', ['state']);
  const info = gauge('info');
  for (const [index, body] of bodies.entries()) {
    for (const agent of parseAgentStatus(body, index + 1).items) {
      const labels = { account: 'bench', agent_id: agent.id };
      presence.set({ ...labels, presence: agent.presence, description: agent.description ?? '' }, 1);
      presenceSince.set(labels, agent.presenceSinceMs! / 1000);
      workload.set({ ...labels, workload: 'live' }, agent.live!);
      workload.set({ ...labels, workload: 'semi_live' }, agent.semiLive!);
      workload.set({ ...labels, workload: 'non_live' }, agent.nonLive!);
      workloadSince.set(labels, agent.workloadSinceMs! / 1000);
      eligible.set(labels, Number(agent.eligibleForRouting));
      for (const { state } of agent.interactions ?? []) interactions.inc({ ...labels, state });
      info.set(labels, 1);
    }
  }
  return registry.metrics();
}

/**
 * (b') CPU time as in (b) with series for every single agent, and the time to compress the answer.
 */
export async function singleAgents(quick: boolean): Promise<string> {
  const rows: string[][] = [];
  const verdicts: string[] = [];
  for (const [agents, rounds] of [
    [1000, 150],
    [10_000, 30],
  ] as const) {
    const bodies = pageBodies(agents, 1000);
    const pseudonyms = createPseudonyms('bench')(key);
    const text = await withSingles(bodies, (id) => id);
    const packed = await gzip(text);
    const series = text.toString().match(/^vcc_agent_/gm)!.length;
    const [parse = [], ids = [], hashed = [], cold = [], theirs = [], packing = []] = await inTurn(
      quick ? Math.ceil(rounds / 10) : rounds,
      Math.ceil(rounds / (quick ? 10 : 4)),
      () => {
        for (const body of bodies) JSON.parse(body);
      },
      () => withSingles(bodies, (id) => id),
      () => withSingles(bodies, pseudonyms),
      () => withSingles(bodies, createPseudonyms('bench')(key)),
      () => byPromClient(bodies),
      () => gzip(text),
    );
    if (agents === 10_000) {
      verdicts.push(verdict('ids/parse at 10000 single agents', ratio(ids, parse), 3));
      verdicts.push(verdict('hashed/parse at 10000 single agents', ratio(hashed, parse), 3));
    }
    rows.push([
      String(agents),
      String(series),
      `${median(parse).toFixed(1)} ms`,
      `${median(ids).toFixed(1)} ms`,
      ratio(ids, parse).toFixed(2),
      ratio(hashed, parse).toFixed(2),
      ratio(cold, parse).toFixed(2),
      ratio(theirs, parse).toFixed(2),
      `${(text.length / 1e6).toFixed(2)} MB`,
      `${median(packing).toFixed(1)} ms`,
      `${(packed.length / 1e3).toFixed(0)} kB`,
    ]);
  }
  const head = [
    ...[
      'agents',
      'their series',
      'JSON.parse',
      'ids, text',
      'ids/parse',
      'hashed/parse',
      'first hashed/parse',
    ],
    ...['prom-client/parse', 'text', 'gzip', 'gzipped'],
  ];
  return `(b') The same with series for every single agent (none LoggedOut left out); gzip is not in the ratios

${table(head, rows)}

${quick ? unjudged : verdicts.join('\n')}
`;
}
