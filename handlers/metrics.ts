import { createHttpHandler } from '../src/lambda/metrics.ts';

/** Serves /metrics, /probe, /sd, / and /-/healthy behind a Function URL, API Gateway or an ALB. */
export const handler = createHttpHandler(process.env, (line) => process.stdout.write(`${line}\n`));
