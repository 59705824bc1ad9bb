import { createPushHandler } from '../src/lambda/push.ts';

/**
 * Scrapes on an EventBridge schedule and pushes the samples. An SQS message starts it for single
 * accounts.
 */
export const handler = createPushHandler(process.env, (line) => process.stdout.write(`${line}\n`));
