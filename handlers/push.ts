import { createPushHandler } from '../src/lambda/push.ts';

/** Scrapes on an EventBridge schedule and pushes the samples; also one account, by order of a queue. */
export const handler = createPushHandler(process.env, (line) => process.stdout.write(`${line}\n`));
