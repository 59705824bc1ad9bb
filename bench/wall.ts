import { bare, ours, straightforward } from './contenders.ts';
import { inTurn, median, ratio, table, timed, unjudged, verdict } from './measure.ts';
import { startServer } from './start-server.ts';

const latencyMs = 50;
const pageSize = 25;

/**
 * (a) Wall time of a scrape by number of pages, compared with the ideal schedule for each bound of
 * concurrent requests.
 */
export async function wallTime(quick: boolean): Promise<string> {
  const rows: string[][] = [];
  const bounded: string[][] = [];
  const verdicts: string[] = [];
  const boundedVerdicts: string[] = [];
  for (const pages of [1, 10, 100]) {
    const server = await startServer(pages * pageSize, pageSize, latencyMs);
    const [wide, client, naive] = [
      ours(server.origin, pageSize, pages),
      bare(server.origin, pages),
      straightforward(server.origin),
    ];
    const rounds = quick ? 5 : 21;
    const [warm = [], baseline = []] = await inTurn(rounds, 3, wide.scrape, client.scrape);
    const [slow = []] = await inTurn(quick ? Number(pages < 100) : 3, 0, naive.scrape);
    const cold: number[] = [];
    for (let round = 0; round < (quick ? 3 : 9); round++) {
      const fresh = ours(server.origin, pageSize, pages);
      cold.push(await timed(fresh.scrape));
      fresh.close();
    }
    rows.push([
      String(pages),
      ...[warm, baseline].map((times) => `${median(times).toFixed(1)} ms`),
      ratio(warm, baseline).toFixed(2),
      `${median(cold).toFixed(1)} ms`,
      slow.length > 0 ? `${median(slow).toFixed(0)} ms` : '-',
    ]);

    if (pages === 100) verdicts.push(verdict('warm/bare at 100 pages', ratio(warm, baseline), 1.3));
    for (const contender of [wide, client, naive]) contender.close();
    server.stop();
  }
  // The last bound is the default.
  for (const [pages, bound] of [
    [10, 1],
    [100, 10],
    [400, 100],
  ] as const) {
    const server = await startServer(pages * pageSize, pageSize, latencyMs);
    const narrow = ours(server.origin, pageSize, bound);
    const single = bare(server.origin, 1);
    const [warm = [], one = []] = await inTurn(quick ? 2 : 11, quick ? 1 : 2, narrow.scrape, single.scrape);
    const idealMs = Math.ceil(pages / bound) * median(one);
    bounded.push([
      String(pages),
      String(bound),
      `${median(warm).toFixed(1)} ms`,
      `${idealMs.toFixed(1)} ms`,
      (median(warm) / idealMs).toFixed(2),
    ]);
    // From 400 pages on, sending the requests takes as long as the answers.
    if (pages < 400)
      boundedVerdicts.push(verdict(`warm/ideal at ${pages} pages`, median(warm) / idealMs, 1.15));
    narrow.close();
    single.close();
    server.stop();
  }
  return `(a) Wall time of a scrape, ${latencyMs} ms per answer, ${pageSize} agents per page (medians)

${table(['pages', 'warm', 'bare client', 'warm/bare', 'cold', 'straightforward'], rows)}

${quick ? unjudged : verdicts.join('\n')}
Cold: new connections, token, page 1, then the others.

With bounded concurrency, against the ideal schedule (rounds × the median of single requests):

${table(['pages', 'at once', 'warm', 'ideal', 'warm/ideal'], bounded)}

${quick ? unjudged : boundedVerdicts.join('\n')}
`;
}
