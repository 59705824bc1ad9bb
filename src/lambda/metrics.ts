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
import {
  type ConvertedEvent,
  convertEvent,
  type HttpEvent,
  type HttpResult,
  toGatewayResult,
} from './events.ts';
import { toFittingResult } from './fitting.ts';

/** A Lambda handler for HTTP events. */
export type HttpHandler = (event: HttpEvent, context: Context) => Promise<HttpResult>;

/** The exporter, or its answer to invalid settings. */
interface Opened {
  respond(event: ConvertedEvent, deadline: Deadline): Promise<Answer>;
  /** Whether opening it again may succeed. */
  retryable: boolean;
}

/** Time reserved for the answer "the exporter is still starting". */
const answerMs = 500;

const expected = 'an HTTP event of a Function URL, API Gateway (REST or HTTP) or ALB';

/**
 * Creates the Lambda handler for scrapes. It answers 400 to events that are not HTTP events.
 * Invalid settings do not stop the start: the handler logs them and answers 500 to all requests.
 * Settings with neither scrape credentials nor a secret are invalid too, unless VCC_SCRAPE_AUTH is
 * `none` or `iam`. If the secret has no scrape credentials, requests get 503.
 */
export function createHttpHandler(env: Environment, log: (line: string) => void): HttpHandler {
  // Open the accounts now: during the start, Lambda provides a whole CPU.
  let opening = open(env, log);

  return async (event, context) => {
    const remainingMs = context.getRemainingTimeInMillis();
    const converted = convertEvent(event);
    if (!converted) {
      log(logLine('error', 'no HTTP event', { expected }));
      return toGatewayResult(reply(400, `Expected ${expected}.\n`));
    }
    const limitMs = Math.min(remainingMs, converted.gatewayLimitMs ?? Number.POSITIVE_INFINITY);
    const deadline = toDeadline(converted.request, limitMs);
    try {
      return toFittingResult(converted, await respond(converted, deadline), log);
    } finally {
      deadline.end();
    }
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
    // A list of accounts that could not be read may be readable the next time.
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
        if (auth === 'iam' && !signed) return reply(403, 'Requests must have an IAM signature.\n');
        return respond(request, deadline);
      },
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    log(logLine('error', 'bad settings', { code: error.code, problems: error.problems }));
    const respond = async () => reply(500, 'The settings of the exporter are invalid. See its log.\n');
    return { respond, retryable: error.retryable };
  }
}
