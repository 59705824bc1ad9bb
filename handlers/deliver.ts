import { createDeliverHandler } from '../src/lambda/deliver.ts';

/** Brings what push has queued to its destinations; SQS calls it. */
export const handler = createDeliverHandler(process.env, (line) => process.stdout.write(`${line}\n`));
