// npm run bench [-- --quick a b …]: runs all parts or some of them. It prints figures next to
// baselines of the same run. docs/explain/benchmarks.md has the last figures.

import { singleAgents } from './agent-series.ts';
import { scrapesAtOnce } from './at-once.ts';
import { cpuTime } from './cpu.ts';
import { lambda } from './lambda.ts';
import { peakMemory } from './memory.ts';
import { pushing } from './push.ts';
import { queues } from './queues.ts';
import { requestsOfScrapes } from './requests.ts';
import { serving } from './serving.ts';
import { wallTime } from './wall.ts';

const parts = {
  a: wallTime,
  b: cpuTime,
  'b-agents': singleAgents,
  c: peakMemory,
  d: lambda,
  e: pushing,
  f: serving,
  g: requestsOfScrapes,
  h: scrapesAtOnce,
  i: queues,
};
const args = process.argv.slice(2);
const quick = args.includes('--quick');
const chosen = Object.entries(parts).filter(([name]) => args.includes(name));
process.stdout.write(
  `npm run bench ${args.length > 0 ? `-- ${args.join(' ')}` : ''}   Node.js ${process.version}\n\n`,
);
for (const [, part] of chosen.length > 0 ? chosen : Object.entries(parts))
  process.stdout.write(`${await part(quick)}\n`);
