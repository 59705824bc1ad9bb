// npm run bench [-- --quick]: figures beside baselines measured in the same run. docs/benchmarks.md keeps the last ones.

import { singleAgents } from './agent-series.ts';
import { cpuTime } from './cpu.ts';
import { lambda } from './lambda.ts';
import { peakMemory } from './memory.ts';
import { pushing } from './push.ts';
import { wallTime } from './wall.ts';

const quick = process.argv.includes('--quick');
process.stdout.write(`npm run bench${quick ? ' -- --quick' : ''}   Node.js ${process.version}\n\n`);
for (const part of [wallTime, cpuTime, singleAgents, peakMemory, lambda, pushing])
  process.stdout.write(`${await part(quick)}\n`);
