import type { Context } from 'aws-lambda';
import { toAccount } from '../config/account.ts';
import { ConfigError, type Environment, loadSettings } from '../config/load.ts';
import { logLine } from '../log.ts';
import { createScraper } from '../scrape.ts';
import { type App, createApp, reply } from '../serve/app.ts';
import { convertEvent, type HttpEvent, type HttpResult } from './events.ts';

/** A Lambda handler for HTTP events. */
export type HttpHandler = (event: HttpEvent, context: Context) => Promise<HttpResult>;

/** The exporter as a Lambda handler. Bad settings do not stop the start: they are logged, and answered with 500. */
export function createHttpHandler(env: Environment, log: (line: string) => void): HttpHandler {
  const app = createLambdaApp(env, log);
  return async (event, context) => {
    const { request, gatewayLimitMs, toResult } = convertEvent(event);
    const timeLeftMs = Math.min(
      context.getRemainingTimeInMillis(),
      gatewayLimitMs ?? Number.POSITIVE_INFINITY,
    );
    return toResult(request instanceof Response ? request : await app(request, timeLeftMs));
  };
}

function createLambdaApp(env: Environment, log: (line: string) => void): App {
  try {
    const account = toAccount(loadSettings(env));
    return createApp({ scraper: createScraper(account), timeoutMs: account.timeoutMs, log });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log(logLine('error', 'bad settings', { code: error.code, problems: error.problems }));
    return async () => reply(500, 'The exporter’s settings cannot be used; its log says which.\n');
  }
}
