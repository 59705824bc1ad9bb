import { type Deadline, deadlineIn } from '../../src/deadline.ts';

/** A deadline that no test reaches. */
export const soon = (): Deadline => deadlineIn(60_000);
