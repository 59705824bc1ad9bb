// Scrapes once with one contender in a new process. Prints its peak resident memory.
import { bare, ours, straightforward } from './contenders.ts';

const [name = '', origin = '', pages = '', pageSize = ''] = process.argv.slice(2);
const contenders = {
  nothing: () => ({ scrape: async () => {}, close() {} }),
  bare: () => bare(origin, Number(pages)),
  ours: () => ours(origin, Number(pageSize), 10),
  queues: () => ours(origin, Number(pageSize), 10, { intervalMs: 0 }),
  straightforward: () => straightforward(origin),
};
const contender = contenders[name as keyof typeof contenders]();
await contender.scrape();
contender.close();
process.stdout.write(String(process.resourceUsage().maxRSS / 1024));
