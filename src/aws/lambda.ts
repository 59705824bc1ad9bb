import type { Context } from 'aws-lambda';
import { ConfigError, type Environment } from '../config/load.ts';
import { logLine } from '../log.ts';
import { createScraper } from '../scrape.ts';
import { scrapeCredentialsOf } from '../serve/access.ts';
import { type App, createApp } from '../serve/app.ts';
import { guarded } from '../serve/guard.ts';
import { reply } from '../serve/message.ts';
import { convertEvent, type HttpEvent, type HttpResult } from './events.ts';
import { openAccount } from './open-account.ts';

/** A Lambda handler for HTTP events. */
export type HttpHandler = (event: HttpEvent, context: Context) => Promise<HttpResult>;

/**
 * The exporter as a Lambda handler for scrapes. Settings that cannot be used, or that would let in everybody without saying
 * so, do not stop the start: they are logged, and every request is answered with 500.
 */
export function createHttpHandler(env: Environment, log: (line: string) => void): HttpHandler {
  let answer: (event: ReturnType<typeof convertEvent>, timeLeftMs: number) => ReturnType<App>;
  try {
    const { settings, vault, account } = openAccount(env, log);
    const app = createApp({ scraper: createScraper(account), timeoutMs: account.timeoutMs, log });
    const auth = settings.VCC_SCRAPE_AUTH ?? 'credentials';
    const guardedApp = auth === 'credentials' ? guarded(app, scrapeCredentialsOf(settings, vault, log)) : app;
    answer = async ({ request, signed }, timeLeftMs) => {
      if (auth === 'iam' && !signed) return reply(403, 'Only for requests that are signed with IAM.\n');
      return guardedApp(request, timeLeftMs);
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log(logLine('error', 'bad settings', { code: error.code, problems: error.problems }));
    answer = async () => reply(500, 'The exporter’s settings cannot be used; its log says which.\n');
  }

  return async (event, context) => {
    const converted = convertEvent(event);
    const gatewayMs = converted.gatewayLimitMs ?? Number.POSITIVE_INFINITY;
    const timeLeftMs = Math.min(context.getRemainingTimeInMillis(), gatewayMs);
    return converted.toResult(await answer(converted, timeLeftMs));
  };
}
