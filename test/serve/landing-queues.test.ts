import { afterEach, describe, expect, test } from '@jest/globals';
import { floorTable, floorTables } from '../../src/cli/floor-table.ts';
import { createScraper, type Scraper } from '../../src/scrape.ts';
import { toRequest } from '../../src/serve/message.ts';
import { createRoutes } from '../../src/serve/routes.ts';
import { parseFault } from '../../src/simulator/faults.ts';
import type { SimulatedQueue } from '../../src/simulator/queues.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { accountOf } from '../support/account.ts';
import { soon } from '../support/deadline.ts';

let simulator: Simulator;
let scraper: Scraper;
afterEach(async () => {
  scraper?.close();
  await simulator?.close();
});

const queue = (name: string): SimulatedQueue => ({ name, plan: 'Plan', share: 1, address: '08001230001' });

/** Scrapes an account whose customers are never delivered. Returns the page and the reading. */
async function shown({ on = true, names = ['Sales', '<b>&', '0123456789'], fault = [] as string[] } = {}) {
  simulator = await startSimulator({
    agents: 40,
    faults: fault.map(parseFault),
    callers: { delivers: () => false, queues: names.map(queue), arrivalsPerMinute: () => 30 },
  });
  scraper = createScraper(accountOf(simulator, { VCC_QUEUES: on ? 'on' : 'off', VCC_RETRIES: '0' }));
  const routes = createRoutes({ scrapers: [scraper], log: () => {} });
  const { body } = await routes(toRequest('GET', '/', []), soon());
  const { reading } = await scraper.scrape(soon());
  return { page: body.toString(), reading };
}

describe('queues', () => {
  test('are on the page, by the longest wait, with names as in the metrics', async () => {
    const { page, reading } = await shown();
    const [, html = ''] = page.split('<h2>Queues</h2>');
    const rows = [
      ...html.matchAll(/<tr[^>]*><th scope="row"[^>]*>([^<]*)<\/th><td>(\d+)<\/td><td>([^<]+)<\/td>/g),
    ];
    const [all, ...queues] = rows.map(([, name, waiting]) => [name, Number(waiting)] as const);
    expect(queues.map(([name]) => name).toSorted()).toEqual(['&lt;b&gt;&amp;', 'Sales', 'number']);
    expect(all).toEqual(['test', queues.reduce((sum, [, waiting]) => sum + waiting, 0)]);
    expect(all![1]).toBeGreaterThan(10);
    const oldest = reading.queues!.counts.ongoing!.queues.toSorted(
      (a, b) => a.ages.oldestMs! - b.ages.oldestMs!,
    );
    expect(queues.map(([name]) => name!.replace('&lt;b&gt;&amp;', '<b>&'))).toEqual(
      oldest.map(({ name }) => name),
    );
    expect(page).not.toContain('0123456789');
  });

  test('are at most 20 rows', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `Q${String.fromCharCode(97 + index)}x`);
    const { page } = await shown({ names });
    expect(page.match(/>Q.x</g)).toHaveLength(20);
    expect(page).toMatch(/>\d+ more with shorter waits</);
  });

  test('have sources that fail, and the agents are shown', async () => {
    const { page, reading } = await shown({ fault: ['status=500,on=ongoing', 'status=403,on=queue-times'] });
    expect(page).toContain('>test</th><td>unknown</td>');
    expect(page).toContain('Source ongoing: <span class="down">down: http_status</span>. Agents are not');
    expect(page).toContain('Source queue_times: <span class="down">down: forbidden</span>. Agents are not');
    expect(page).toMatch(/down: forbidden<.*Agents are not affected\. .*scope/);
    expect(page).toContain('<span class="up">up</span>');
    expect(floorTable(reading)).toMatch(
      /^ {2}Queues: unknown who waits; \d+ agents? free; ongoing down: http_status; queue_times down: forbidden$/m,
    );
  });

  test('are not there without VCC_QUEUES', async () => {
    const { page, reading } = await shown({ on: false });
    expect(`${page}${floorTable(reading)}${floorTables([reading, reading])}`).not.toMatch(/queue|waiting/i);
  });

  test('are one line in the terminal', async () => {
    const { reading } = await shown();
    const { ongoing } = reading.queues!.counts;
    const waiting = ongoing!.queues.reduce((sum, { ages }) => sum + ages.count, 0);
    expect(floorTable(reading)).toMatch(
      new RegExp(
        `^ {2}Queues: ${waiting} waiting in 3 queues, longest [\\d.]+ (s|min|h); \\d+ agents? free$`,
        'm',
      ),
    );
    const [head, , row] = floorTables([reading, { ...reading, queues: undefined }]).split('\n');
    expect(head).toMatch(/ Waiting {2}Longest wait$/);
    expect(row).toMatch(new RegExp(` ${waiting} +[\\d.]+ (s|min|h)$`));
  });

  test('say that nobody waits', async () => {
    const { reading } = await shown();
    const ongoing = { ...reading.queues!.counts.ongoing!, queues: [] };
    const queues = { ...reading.queues!, counts: { ...reading.queues!.counts, ongoing } };
    expect(floorTable({ ...reading, queues })).toMatch(/^ {2}Queues: 0 waiting; \d+ agents? free$/m);
  });
});
