import { createPushHandler } from '../src/lambda/push.ts';

/** Takes samples on an EventBridge schedule and pushes them; also of one account, by order of a queue. */
export const handler = createPushHandler(process.env, (line) => process.stdout.write(`${line}\n`));
