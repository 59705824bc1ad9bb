import { setFlagsFromString } from 'node:v8';

/**
 * Makes V8 collect garbage sooner, for a process that is idle most of the time. Otherwise the heap
 * of 20,000 agents grows to some ten times of what is alive (docs/explain/benchmarks.md). In code,
 * so that it applies however the process is started. Both flags are numbers that V8 reads at each
 * collection; most others must not be changed once it runs.
 */
export function keepHeapSmall(): void {
  // The young generation stays as small as it starts, and the old one is collected when it is half
  // as large again.
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=50');
}
