// Properties have the same cases in each run, so that a mutant always survives or never. Failing
// cases are not made smaller: one failure is enough to kill a mutant.
import fc from 'fast-check';

fc.configureGlobal({ seed: 1, endOnFailure: true });
