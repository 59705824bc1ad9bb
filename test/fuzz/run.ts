import fc from 'fast-check';
import type { Target } from './target.ts';

/** The result of fuzzing one target. */
export interface Run {
  cases: number;
  /** The smallest input found that fails. */
  failure?: { input: unknown; error: Error };
}

/** Limits of one case. The largest inputs take a hundredth of them. */
const limits = { cpuMs: 3000, growthBytes: 600e6 };

/** Checks one input, its CPU time and memory included. Throws when something does not hold. */
export async function checkCase(target: Target, input: unknown, most = limits): Promise<void> {
  const before = process.resourceUsage();
  await target.check(input);
  const after = process.resourceUsage();
  // CPU time, since the machine may be busy.
  const cpuMs = (after.userCPUTime - before.userCPUTime + after.systemCPUTime - before.systemCPUTime) / 1000;
  if (cpuMs > most.cpuMs) throw new Error(`took ${Math.round(cpuMs)} ms of CPU time`);
  const growthBytes = (after.maxRSS - before.maxRSS) * 1024;
  if (growthBytes > most.growthBytes) throw new Error(`took ${Math.round(growthBytes / 1e6)} MB`);
}

/**
 * Checks generated inputs until one fails, `cases` were checked, or `forMs` have passed. The same
 * seed gives the same inputs.
 */
export async function runTarget(
  target: Target,
  { cases, seed, forMs }: { cases: number; seed: number; forMs?: number },
): Promise<Run> {
  const property = fc.asyncProperty(target.input, (input) => checkCase(target, input));
  const details = await fc.check(property, {
    numRuns: cases,
    seed,
    ...(forMs !== undefined && { interruptAfterTimeLimit: forMs }),
  });
  if (!details.failed || details.counterexample === null) return { cases: details.numRuns };
  const { errorInstance } = details;
  const error = errorInstance instanceof Error ? errorInstance : new Error(String(errorInstance));
  return { cases: details.numRuns, failure: { input: details.counterexample[0], error } };
}
