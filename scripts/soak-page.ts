import { readFileSync } from 'node:fs';
import type { PushFigures } from '../bench/soak/pushing.ts';
import type { ScrapeFigures } from '../bench/soak/scraping.ts';

const { command, node, version, push, scrape } = JSON.parse(
  readFileSync(new URL('../bench/soak.json', import.meta.url), 'utf8'),
) as { command: string; node: string; version: string; push: PushFigures; scrape: ScrapeFigures };

/** Returns a short summary of the last run. */
export function soakSummary(): string {
  const answers = scrape.whole + scrape.failed + scrape.refused;
  return `${push.kills} kills: ${push.lost} of ${push.queued} batches lost; ${scrape.wrong} wrong of ${answers} answers; ${push.minutes} minutes each`;
}

/** Returns docs/explain/soak.md. */
export function soakPage(notice: string): string {
  const disk = push.fullDisks === undefined ? 'not tried: no disk could be mounted' : push.fullDisks;
  const [before, after] = scrape.filesAtRest;
  const crowds = scrape.crowds.map(
    ({ atOnce, answers, p50Ms, p99Ms }) => `| ${atOnce} | ${answers} | ${p50Ms} | ${p99Ms} |`,
  );
  return `${notice}

# Soak

The soak test runs \`push\` and \`serve\` while the API, the network, the disk and the clock fail. It counts what is lost or wrong.

- The last run: \`${command}\`, version ${version}, Node.js ${node}. The exporter, the simulator, the destination, the clients and
  other work shared two cores.
- The same seed gives the same faults, at different times.
- Half of the time the simulated API is faulty: it answers 401, 403, 429, 500, 502 or 503, late, incompletely, without JSON or not at
  all. Agents move between pages, and tokens are revoked.

## Push, killed again and again

\`push\` sends every second for ${push.minutes} minutes, with its queue on disk. It is killed (\`kill -9\`) after 0.2 to 6 seconds and started again.
The destination accepts a batch, rejects it, hangs, or stores it without an answer. Every file of the queue is recorded and compared
with what the destination received.

| What was done | Times |
| --- | --- |
| kills | ${push.kills} |
| a second \`push\` on the same folder | ${push.rivals}, ${push.apart} of them in a separate process namespace, like a second container |
| process stopped and continued (SIGSTOP) | ${push.freezes} |
| clock set forward or back by up to 40 s | ${push.clockSteps} |
| disk full | ${disk} |
| requests that the destination rejected, left without an answer or cut | ${push.refused} |

| Result | |
| --- | --- |
| batches written to disk | ${push.queued} |
| of these, lost | ${push.lost} |
| incomplete snapshots (only some of the agents) | ${push.partial} |
| batches out of order, except after a clock was set back | ${push.disordered} |
| batches with other values for a time already sent | ${push.contradicted} |
| batches sent twice with the same bytes, which destinations store once | ${push.repeated} |
| samples not written because the disk was full, each reported in the log | ${push.saidLost} |
| log lines that report a bug | ${push.bugs} |

## Scrapes, 1 to 200 at once

Clients scrape \`serve\` for ${scrape.minutes} minutes. It has series for each of ${scrape.agents} agents and a \`VCC_TIMEOUT\` of 2 s. The clock was changed ${scrape.clockSteps} times,
by up to an hour.

| Result | Scrapes |
| --- | --- |
| all agents | ${scrape.whole} |
| no agents, but the reason | ${scrape.failed} |
| 503 with Retry-After | ${scrape.refused} |
| wrong: only some of the agents, or agents in a failed scrape | ${scrape.wrong} |
| of all these, read slowly by the client | ${scrape.slow} |
| disconnected by the client, not counted above | ${scrape.left} |
| log lines that report a bug | ${scrape.bugs} |

| At once | Answers | p50, ms | p99, ms |
| --- | --- | --- | --- |
${crowds.join('\n')}

Response times are measured by clients on the same two cores. They include the API's faults.

| Over the run, at each tenth of the time | |
| --- | --- |
| resident memory | ${scrape.residentMb.join(', ')} MB |
| open files | ${scrape.files.join(', ')} (${before} before the first scrape, ${after} after the last) |
`;
}
