import type { Context } from 'aws-lambda';
import { ConfigError, type Environment } from '../config/load.ts';
import { logLine } from '../log.ts';
import { scrapeCredentialsOf } from '../serve/access.ts';
import { type App, createApp } from '../serve/app.ts';
import { guarded } from '../serve/guard.ts';
import { reply } from '../serve/message.ts';
import { type ConvertedEvent, convertEvent, type HttpEvent, type HttpResult } from './events.ts';
import { toFittingResult } from './fitting.ts';
import { openAccounts } from './open-accounts.ts';
import { createScrapers } from './open-scrapers.ts';

/** A Lambda handler for HTTP events. */
export type HttpHandler = (event: HttpEvent, context: Context) => Promise<HttpResult>;

type AnswerEvent = (event: ConvertedEvent, timeLeftMs: number) => ReturnType<App>;

/**
 * The exporter as a Lambda handler for scrapes. Settings that cannot be used, or that would let in everybody without saying
 * so, do not stop the start: they are logged, and every request is answered with 500.
 */
export function createHttpHandler(env: Environment, log: (line: string) => void): HttpHandler {
  // Begun while the function starts, when it has a whole CPU.
  let opening = open(env, log);

  return async (event, context) => {
    const converted = convertEvent(event);
    const gatewayMs = converted.gatewayLimitMs ?? Number.POSITIVE_INFINITY;
    const timeLeftMs = Math.min(context.getRemainingTimeInMillis(), gatewayMs);
    const { answer, retryable } = await opening;
    // A list of accounts that could not be read may be there the next time.
    if (retryable) opening = open(env, log);
    return toFittingResult(converted, await answer(converted, timeLeftMs), log);
  };
}

async function open(
  env: Environment,
  log: (line: string) => void,
): Promise<{ answer: AnswerEvent; retryable: boolean }> {
  try {
    const opened = await openAccounts(env, log);
    const { settings, vault } = opened;
    const auth = settings.VCC_SCRAPE_AUTH ?? 'credentials';
    const credentials = auth === 'credentials' ? scrapeCredentialsOf(settings, vault, log) : undefined;
    const app = createApp({ scrapers: createScrapers(opened, log), log });
    const guardedApp = credentials ? guarded(app, credentials) : app;
    return {
      retryable: false,
      async answer({ request, signed }, timeLeftMs) {
        if (auth === 'iam' && !signed) return reply(403, 'Only for requests that are signed with IAM.\n');
        return guardedApp(request, timeLeftMs);
      },
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log(logLine('error', 'bad settings', { code: error.code, problems: error.problems }));
    const answer = async () => reply(500, 'The exporter’s settings cannot be used; its log says which.\n');
    return { answer, retryable: error.retryable };
  }
}
