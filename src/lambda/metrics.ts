import type { Context } from 'aws-lambda';
import { scrapeCredentialsOf } from '../app/access.ts';
import { openAccounts } from '../app/accounts.ts';
import { createScrapers } from '../app/scrapers.ts';
import { ConfigError, type Environment } from '../config/load.ts';
import { before, type Deadline, DeadlineError, earlier } from '../deadline.ts';
import { logLine } from '../log.ts';
import { toDeadline } from '../serve/deadline.ts';
import { guarded } from '../serve/guard.ts';
import { type Answer, reply } from '../serve/message.ts';
import { createRoutes } from '../serve/routes.ts';
import { type ConvertedEvent, convertEvent, type HttpEvent, type HttpResult } from './events.ts';
import { toFittingResult } from './fitting.ts';

/** A Lambda handler for HTTP events. */
export type HttpHandler = (event: HttpEvent, context: Context) => Promise<HttpResult>;

/** What answers once it is open. */
interface Opened {
  respond(event: ConvertedEvent, deadline: Deadline): Promise<Answer>;
  /** Whether opening it again may give another one. */
  retryable: boolean;
}

/** Kept free for an answer while the function still starts. */
const answerMs = 500;

/**
 * The exporter as a Lambda handler for scrapes. Settings that cannot be used, or that would let in everybody without saying
 * so, do not stop the start: they are logged, and every request is answered with 500.
 */
export function createHttpHandler(env: Environment, log: (line: string) => void): HttpHandler {
  // Begun while the function starts, when it has a whole CPU.
  let opening = open(env, log);

  return async (event, context) => {
    const remainingMs = context.getRemainingTimeInMillis();
    const converted = convertEvent(event);
    const limitMs = Math.min(remainingMs, converted.gatewayLimitMs ?? Number.POSITIVE_INFINITY);
    const deadline = toDeadline(converted.request, limitMs);
    const answer = await respond(converted, deadline);
    deadline.end();
    return toFittingResult(converted, answer, log);
  };

  async function respond(event: ConvertedEvent, deadline: Deadline): Promise<Answer> {
    let opened: Opened;
    try {
      opened = await before(opening, earlier(deadline, answerMs));
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      const message = 'the list of accounts has not been read yet';
      log(logLine('error', 'request failed', { code: error.code, message }));
      return reply(503, 'The exporter is still starting: it has not read its list of accounts yet.\n');
    }
    // A list of accounts that could not be read may be there the next time.
    if (opened.retryable) opening = open(env, log);
    return opened.respond(event, deadline);
  }
}

async function open(env: Environment, log: (line: string) => void): Promise<Opened> {
  try {
    const opened = await openAccounts(env, log);
    const { settings, vault } = opened;
    const auth = settings.VCC_SCRAPE_AUTH ?? 'credentials';
    const credentials = auth === 'credentials' ? scrapeCredentialsOf(settings, vault, log) : undefined;
    const routes = createRoutes({ scrapers: createScrapers(opened, log), log });
    const respond = credentials ? guarded(routes, credentials) : routes;
    return {
      retryable: false,
      async respond({ request, signed }, deadline) {
        if (auth === 'iam' && !signed) return reply(403, 'Only for requests that are signed with IAM.\n');
        return respond(request, deadline);
      },
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log(logLine('error', 'bad settings', { code: error.code, problems: error.problems }));
    const respond = async () => reply(500, 'The exporter’s settings cannot be used; its log says which.\n');
    return { respond, retryable: error.retryable };
  }
}
