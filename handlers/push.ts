import { createPushHandler } from '../src/lambda/push.ts';

/**
 * Scrapes on an EventBridge schedule and pushes the samples. An SQS message invokes it for a single
 * account.
 */
export const handler = createPushHandler(process.env, (line) => process.stdout.write(`${line}\n`));
