import { createDeliverHandler } from '../src/lambda/deliver.ts';

/** Sends queued batches to their destinations. SQS invokes it. */
export const handler = createDeliverHandler(process.env, (line) => process.stdout.write(`${line}\n`));
