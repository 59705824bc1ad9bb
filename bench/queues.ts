import { execFileSync } from 'node:child_process';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { type Contender, ours } from './contenders.ts';
import { inTurn, median, table, unjudged, verdict } from './measure.ts';
import { ongoingItems, queuePages, queueTimeItems } from './queue-lists.ts';
import { startServer } from './start-server.ts';

const latencyMs = 50;
const agents = 1000;
/** The lists of a contact centre of that size. */
const ordinary = { ongoing: 300, queueTimes: 1000 };

/**
 * (i) A scrape with queues beside one without: wall time, and CPU time, blocking and memory of
 * large lists.
 */
export async function queues(quick: boolean): Promise<string> {
  return `${await wall(quick)}\n${await cpu(quick)}\n${await memory(quick)}`;
}

type Kind = 'off' | 'kept' | 'due';
/** `kept`: queue times are not read again. `due`: they are read in each scrape. */
const contender = (origin: string, kind: Kind): Contender =>
  ours(origin, 5000, 10, kind === 'off' ? undefined : { intervalMs: kind === 'due' ? 0 : 3_600_000 });

async function wall(quick: boolean): Promise<string> {
  const server = await startServer(agents, 5000, latencyMs, ordinary);
  const kinds = ['off', 'kept', 'due'] as const;
  const rounds = quick ? 5 : 41;
  const warm = kinds.map((kind) => contender(server.origin, kind));
  const [off = [], kept = [], due = []] = await inTurn(rounds, 5, ...warm.map(({ scrape }) => scrape));
  for (const each of warm) each.close();
  const once = (kind: Kind) => async () => {
    const fresh = contender(server.origin, kind);
    await fresh.scrape();
    fresh.close();
  };
  const [coldOff = [], coldOn = []] = await inTurn(rounds, 2, once('off'), once('due'));
  server.stop();
  const more = (on: number[], base: number[]) => median(on.map((ms, round) => ms - base[round]!));
  const rows = (
    [
      ['warm, queue times kept', off, kept],
      ['warm, queue times due', off, due],
      ['cold', coldOff, coldOn],
    ] as const
  ).map(([name, base, on]) => [
    name,
    `${median(base).toFixed(1)} ms`,
    `${median(on).toFixed(1)} ms`,
    `${more(on, base).toFixed(1)} ms`,
    (more(on, base) / latencyMs).toFixed(2),
  ]);
  const most = Math.max(more(kept, off), more(due, off), more(coldOn, coldOff)) / latencyMs;
  return `(i) Queues: wall time of a scrape, ${latencyMs} ms per answer, ${agents} agents on 1 page (medians of pairs)

${table(['scrape', 'queues off', 'on', 'more', 'in round trips'], rows)}

${quick ? unjudged : verdict('round trips more with queues', most, 1)}
Lists: ${ordinary.ongoing} ongoing interactions, ${ordinary.queueTimes} queue times. Cold: new connections, token, then all lists at once.
`;
}

const sizes = [
  { ongoing: 1000, queueTimes: 0 },
  { ongoing: 5000, queueTimes: 0 },
  { ongoing: 0, queueTimes: 5000 },
  { ongoing: 5000, queueTimes: 5000 },
];

async function cpu(quick: boolean): Promise<string> {
  const rows: string[][] = [];
  for (const size of sizes) {
    const server = await startServer(agents, 5000, 0, size);
    const [without, both] = [contender(server.origin, 'off'), contender(server.origin, 'due')];
    const bodies = [
      ...queuePages(ongoingItems(size.ongoing), 5000),
      ...queuePages(queueTimeItems(size.queueTimes), 5000),
    ];
    const figures = { parse: probe(), off: probe(), on: probe() };
    await inTurn(
      quick ? 3 : 41,
      10,
      figures.parse.around(() => {
        for (const body of bodies) JSON.parse(body);
      }),
      figures.off.around(without.scrape),
      figures.on.around(both.scrape),
    );
    without.close();
    both.close();
    server.stop();
    const moreMs = median(figures.on.cpuMs.map((ms, round) => ms - figures.off.cpuMs[round]!));
    rows.push([
      `${size.ongoing} + ${size.queueTimes}`,
      `${(bodies.join('').length / 1e6).toFixed(1)} MB`,
      `${median(figures.parse.cpuMs).toFixed(1)} ms`,
      `${moreMs.toFixed(1)} ms`,
      `${median(figures.off.blockedMs).toFixed(0)} ms`,
      `${median(figures.on.blockedMs).toFixed(0)} ms`,
    ]);
  }
  return `CPU time that queues add to a scrape, and the longest time that the event loop was blocked in it (medians)

${table(['ongoing + queue times', 'JSON', 'JSON.parse', 'more CPU', 'blocked, off', 'blocked, on'], rows)}
`;
}

/** Measures the CPU time of this process, and how long it blocked its event loop, in each step. */
function probe() {
  const cpuMs: number[] = [];
  const blockedMs: number[] = [];
  return {
    cpuMs,
    blockedMs,
    around: (step: () => unknown) => async () => {
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const before = process.cpuUsage();
      await step();
      const { user, system } = process.cpuUsage(before);
      // The timer of the histogram must fire once more.
      await new Promise((resolve) => setTimeout(resolve, 5));
      delay.disable();
      cpuMs.push((user + system) / 1000);
      blockedMs.push(delay.max / 1e6);
    },
  };
}

async function memory(quick: boolean): Promise<string> {
  const script = fileURLToPath(new URL('./memory-child.ts', import.meta.url));
  const rows: string[][] = [];
  for (const [count, lists] of [
    [200, { ongoing: 60, queueTimes: 300 }],
    [5000, { ongoing: 1500, queueTimes: 5000 }],
    [5000, { ongoing: 5000, queueTimes: 5000 }],
  ] as const) {
    const server = await startServer(count, 5000, 0, lists);
    const peaks: Record<string, number[]> = { ours: [], queues: [] };
    for (let round = 0; round < (quick ? 1 : 7); round++) {
      for (const name of Object.keys(peaks)) {
        const child = [...process.execArgv, script, name, server.origin, '1', '5000'];
        peaks[name]!.push(Number(execFileSync(process.execPath, child)));
      }
    }
    server.stop();
    const { ongoing, queueTimes } = lists;
    rows.push([
      `${count}, ${ongoing} + ${queueTimes}`,
      ...Object.values(peaks).map((each) => `${median(each).toFixed(0)} MB`),
    ]);
  }
  return `Peak resident memory of a process with one scrape (medians)

${table(['agents, ongoing + queue times', 'off', 'on'], rows)}
`;
}
