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

\`${command}\` (version ${version}, Node.js ${node}, two cores, which the exporter, the simulated API, the receiver,
the clients and other work share). The same seed draws the same troubles, but not at the same moments.

The API is troubled half of the time: 401, 403, 429, 500, 502, 503, answers that are cut, late, no JSON or not there at
all, agents that move between pages, tokens that are revoked.

## Push, killed again and again

\`push\` sends each second, with its queue on a disk, for ${push.minutes} minutes. It is killed (\`kill -9\`) after 0.2 to 6
seconds and started again. A receiver takes the bodies, refuses them, hangs, or takes them and does not answer. Every
file of the queue is noted, and compared with what the receiver got.

| What was done | Times |
| --- | --- |
| kills | ${push.kills} |
| a second \`push\` on the same folder | ${push.rivals}, of which ${push.apart} in a process namespace of its own, as a second container is |
| stopped and continued (SIGSTOP) | ${push.freezes} |
| clock set forward or back by up to 40 s | ${push.clockSteps} |
| disk full | ${disk} |
| requests that were refused, not answered or cut | ${push.refused} |

| What came of it | |
| --- | --- |
| batches on the disk | ${push.queued} |
| lost | ${push.lost} |
| snapshots with some of the agents | ${push.partial} |
| out of order, but for times after a clock was set back | ${push.disordered} |
| other samples for a time that was there | ${push.contradicted} |
| sent again byte by byte, which receivers take for one | ${push.repeated} |
| samples that the full disk cost, as the log said | ${push.saidLost} |
| bugs in the log | ${push.bugs} |

## Scrapes, 1 to 200 at once

\`serve\` with a series for each of ${scrape.agents} agents and VCC_TIMEOUT of 2 s, for ${scrape.minutes} minutes. The clock was set
${scrape.clockSteps} times, by up to an hour.

| What came of it | Scrapes |
| --- | --- |
| all agents | ${scrape.whole} |
| no agents, and the reason | ${scrape.failed} |
| 503 with Retry-After | ${scrape.refused} |
| some of the agents, or agents of a scrape that failed | ${scrape.wrong} |
| left by the client | ${scrape.left} |
| read slowly by the client | ${scrape.slow} |
| a bug in the log | ${scrape.bugs} |

| At once | Answers | p50, ms | p99, ms |
| --- | --- | --- | --- |
${crowds.join('\n')}

Times are those of clients on the same two cores, and include the API's troubles.

Resident memory at each tenth of the time: ${scrape.residentMb.join(', ')} MB. Open files: ${scrape.files.join(', ')}; ${before} before the
first scrape and ${after} after the last.
`;
}
