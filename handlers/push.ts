import { createPushHandler } from '../src/aws/push.ts';

/** Reads the account on an EventBridge schedule. */
export const handler = createPushHandler(process.env, (line) => process.stdout.write(`${line}\n`));
