import { setFlagsFromString } from 'node:v8';

/**
 * Makes V8 collect garbage sooner, for a process that is idle most of the time. Otherwise the heap
 * for 20,000 agents grows to about ten times its live size (docs/explain/benchmarks.md). The flags
 * are set in code, so that they apply to every way of starting the process. V8 reads both numbers
 * at each collection. Most other flags must not change while V8 runs.
 */
export function keepHeapSmall(): void {
  // The young generation keeps its initial size. The old generation is collected when it has grown
  // by half.
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=50');
}
