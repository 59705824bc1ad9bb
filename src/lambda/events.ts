import type {
  ALBEvent,
  ALBResult,
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayProxyResult,
  APIGatewayProxyStructuredResultV2,
} from 'aws-lambda';
import { type Answer, type IncomingRequest, toRequest } from '../serve/message.ts';

/**
 * The events for HTTP requests from AWS to a function. A Function URL uses the event of an HTTP API
 * (2.0).
 */
export type HttpEvent = APIGatewayProxyEventV2 | APIGatewayProxyEvent | ALBEvent;

/** The result of the function, in the form that fits the event. */
export type HttpResult = APIGatewayProxyStructuredResultV2 | APIGatewayProxyResult | ALBResult;

/**
 * The timeouts of gateways: REST APIs 29 s by default, HTTP APIs 30 s, ALBs (idle timeout) 60 s by
 * default.
 */
const gatewayLimitMs = { rest: 29_000, http: 30_000, alb: 60_000 };

/** The largest answer of Lambda, HTTP APIs and REST APIs, and that of an ALB. */
const maxResultBytes = { lambda: 6_291_556, alb: 1_048_576 };

/** An HTTP event as a request, with the limits of its gateway. */
export interface ConvertedEvent {
  /** The kind of gateway, for messages. */
  name: string;
  request: IncomingRequest;
  /** Whether AWS has checked that an IAM principal signed the request. */
  signed: boolean;
  /** Undefined when the gateway waits as long as the function runs. */
  gatewayLimitMs: number | undefined;
  /** A larger result, as JSON, is an error of the gateway. */
  maxResultBytes: number;
  /** Whether the gateway supports compressed answers. */
  packs: boolean;
  toResult(answer: Answer): HttpResult;
}

/**
 * Converts an event of a Function URL, an HTTP API, a REST API or an ALB. Undefined for any other
 * value: a function can be invoked with any JSON. Values of a wrong type count as absent.
 */
export function convertEvent(event: unknown): ConvertedEvent | undefined {
  const fields = toFields(event);
  const context = toFields(fields.requestContext);
  if (fields.version === '2.0') return convertV2(fields, context);
  const { httpMethod, path } = fields;
  if (typeof httpMethod !== 'string' || typeof path !== 'string') return undefined;
  const old = { ...fields, httpMethod, path };
  return Object.hasOwn(context, 'elb') ? convertAlb(old) : convertRest(old, context);
}

/** An object of parsed JSON. */
type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toFields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function convertV2(event: Fields, context: Fields): ConvertedEvent | undefined {
  const { method } = toFields(context.http);
  const { rawPath } = event;
  if (typeof method !== 'string' || typeof rawPath !== 'string') return undefined;
  const functionUrl = toText(context.domainName)?.includes('.lambda-url.') ?? false;
  // The raw path of an HTTP API starts with the stage, unless the stage is $default.
  const prefix = `/${toText(context.stage) ?? '$default'}`;
  const staged = rawPath === prefix || rawPath.startsWith(`${prefix}/`);
  const path = staged ? rawPath.slice(prefix.length) : rawPath;
  return {
    name: functionUrl ? 'a Function URL' : 'an HTTP API',
    request: toRequest(method, withQuery(path, toText(event.rawQueryString)), toHeaders(event.headers)),
    // Function URLs and HTTP APIs set it when their authorizer is AWS_IAM.
    signed: isPrincipal(toFields(toFields(context.authorizer).iam).userArn),
    gatewayLimitMs: functionUrl ? undefined : gatewayLimitMs.http,
    maxResultBytes: maxResultBytes.lambda,
    packs: true,
    toResult: toGatewayResult,
  };
}

/**
 * Whether a value is the ARN of a user, role session, federated user or root. AWS sets null for
 * requests without a signature.
 */
function isPrincipal(userArn: unknown): boolean {
  return typeof userArn === 'string' && /^arn:[\w-]+:(?:iam|sts)::\d{12}:\S+$/.test(userArn);
}

/** The common fields of REST API and ALB events. */
type OldEvent = Fields & { httpMethod: string; path: string };

function convertRest(event: OldEvent, context: Fields): ConvertedEvent {
  const headers = toHeaders(event.headers, event.multiValueHeaders);
  // A REST API decodes base64 only if binary types are configured, so never send compressed
  // answers.
  headers.delete('accept-encoding');
  // Behind a custom domain, the path includes the base path. The matched resource does not.
  const proxy = toText(toFields(event.pathParameters).proxy);
  const resource = toText(event.resource) ?? '{}';
  const path = proxy === undefined ? (resource.includes('{') ? event.path : resource) : `/${proxy}`;
  const query = new URLSearchParams(toPairs(event));
  return {
    name: 'a REST API',
    request: toRequest(event.httpMethod, withQuery(path, query.toString()), headers),
    signed: isPrincipal(toFields(context.identity).userArn),
    gatewayLimitMs: gatewayLimitMs.rest,
    maxResultBytes: maxResultBytes.lambda,
    packs: false,
    toResult: toGatewayResult,
  };
}

/** The result for both kinds of API Gateway and Function URLs. */
export function toGatewayResult(answer: Answer): APIGatewayProxyStructuredResultV2 {
  return { statusCode: answer.status, headers: answer.headers, ...toBody(answer) };
}

function convertAlb(event: OldEvent): ConvertedEvent {
  // A target group with multi-value headers sends this field, and ignores single-value headers in
  // the answer.
  const multiValue = isFields(event.multiValueHeaders);
  // An ALB passes on the query without decoding it.
  const query = toPairs(event).map(([name, value]) => `${name}=${value}`);
  return {
    name: 'an ALB',
    request: toRequest(
      event.httpMethod,
      withQuery(event.path, query.join('&')),
      toHeaders(event.headers, event.multiValueHeaders),
    ),
    signed: false,
    gatewayLimitMs: gatewayLimitMs.alb,
    maxResultBytes: maxResultBytes.alb,
    packs: true,
    toResult: (answer) => ({
      statusCode: answer.status,
      statusDescription: `${answer.status} ${reasonPhrases[answer.status] ?? ''}`.trim(),
      ...(multiValue
        ? {
            multiValueHeaders: Object.fromEntries(
              Object.entries(answer.headers).map(([name, value]) => [name, [value]]),
            ),
          }
        : { headers: answer.headers }),
      ...toBody(answer),
    }),
  };
}

/** The statuses that the routes answer. An ALB requires the phrase. */
const reasonPhrases: Record<number, string> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

function withQuery(path: string, query: string | undefined): string {
  return query ? `${path}?${query}` : path;
}

/**
 * Returns the parameters of the query. The multi-value field has all values of each parameter, the
 * other field only the last value.
 */
function toPairs(event: OldEvent): [name: string, value: string][] {
  const multi = Object.entries(toFields(event.multiValueQueryStringParameters));
  const all = multi.length > 0 ? multi : Object.entries(toFields(event.queryStringParameters));
  return all.flatMap(([name, values]) => toTexts(values).map((value): [string, string] => [name, value]));
}

/** Returns all headers by lower-case name. A comma joins several values of one header. */
function toHeaders(single: unknown, multi?: unknown): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, values] of [...Object.entries(toFields(single)), ...Object.entries(toFields(multi))]) {
    const texts = toTexts(values);
    if (texts.length > 0) headers.set(name.toLowerCase(), texts.join(', '));
  }
  return headers;
}

/** Returns the texts in a value, which may be a text or a list. */
function toTexts(values: unknown): string[] {
  return [values].flat().filter((value) => typeof value === 'string');
}

/** Returns text unchanged, and compressed bodies as base64. */
function toBody({ headers, body }: Answer): { body: string; isBase64Encoded: boolean } {
  if (typeof body === 'string') return { body, isBase64Encoded: false };
  const packed = headers['content-encoding'] !== undefined;
  return { body: body.toString(packed ? 'base64' : 'utf8'), isBase64Encoded: packed };
}
