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
 * The events with which AWS passes an HTTP request to a function. A Function URL uses the event of an HTTP API (2.0).
 */
export type HttpEvent = APIGatewayProxyEventV2 | APIGatewayProxyEvent | ALBEvent;

/** The result of the function, in the form that fits the event. */
export type HttpResult = APIGatewayProxyStructuredResultV2 | APIGatewayProxyResult | ALBResult;

/**
 * Gateways time out after this: REST APIs after 29 s by default, HTTP APIs after 30 s, ALBs (idle timeout) after 60 s
 * by default.
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

/** Converts an event of a Function URL, an HTTP API, a REST API or an ALB. @throws TypeError for any other event */
export function convertEvent(event: HttpEvent): ConvertedEvent {
  if (isV2(event)) return convertV2(event);
  if ('httpMethod' in event && 'elb' in event.requestContext) return convertAlb(event as ALBEvent);
  if ('httpMethod' in event) return convertRest(event as APIGatewayProxyEvent);
  throw new TypeError('not an HTTP event of a Function URL, API Gateway (REST or HTTP) or ALB');
}

function isV2(event: HttpEvent): event is APIGatewayProxyEventV2 {
  return 'version' in event && event.version === '2.0';
}

function convertV2(event: APIGatewayProxyEventV2): ConvertedEvent {
  const { http, stage, domainName } = event.requestContext;
  const functionUrl = domainName.includes('.lambda-url.');
  // The raw path of an HTTP API starts with the stage, unless the stage is $default.
  const prefix = `/${stage}`;
  const staged = event.rawPath === prefix || event.rawPath.startsWith(`${prefix}/`);
  const path = staged ? event.rawPath.slice(prefix.length) : event.rawPath;
  return {
    name: functionUrl ? 'a Function URL' : 'an HTTP API',
    request: toRequest(http.method, withQuery(path, event.rawQueryString), toHeaders(event.headers)),
    // Function URLs and HTTP APIs set it when their authorizer is AWS_IAM.
    signed: toIamCaller(event) !== undefined,
    gatewayLimitMs: functionUrl ? undefined : gatewayLimitMs.http,
    maxResultBytes: maxResultBytes.lambda,
    packs: true,
    toResult: toGatewayResult,
  };
}

function toIamCaller(event: APIGatewayProxyEventV2): unknown {
  const { authorizer } = event.requestContext as { authorizer?: { iam?: { userArn?: unknown } } };
  return authorizer?.iam?.userArn;
}

function convertRest(event: APIGatewayProxyEvent): ConvertedEvent {
  const headers = toHeaders(event.headers, event.multiValueHeaders);
  // A REST API does not decode base64 unless binary types are configured, so never send compressed answers.
  headers.delete('accept-encoding');
  // Behind a custom domain, the path includes the base path. The matched resource does not.
  const proxy = event.pathParameters?.proxy;
  const templated = event.resource.includes('{');
  const path = proxy === undefined ? (templated ? event.path : event.resource) : `/${proxy}`;
  const query = toQuery(
    event.queryStringParameters,
    event.multiValueQueryStringParameters,
    encodeURIComponent,
  );
  return {
    name: 'a REST API',
    request: toRequest(event.httpMethod, withQuery(path, query), headers),
    signed: typeof event.requestContext.identity?.userArn === 'string',
    gatewayLimitMs: gatewayLimitMs.rest,
    maxResultBytes: maxResultBytes.lambda,
    packs: false,
    toResult: toGatewayResult,
  };
}

/** For both kinds of API Gateway and Function URLs. */
function toGatewayResult(answer: Answer) {
  return { statusCode: answer.status, headers: answer.headers, ...toBody(answer) };
}

function convertAlb(event: ALBEvent): ConvertedEvent {
  // A target group with multi-value headers sends them like this, and ignores single-value headers in the answer.
  const multiValue = event.multiValueHeaders !== undefined;
  // An ALB passes on the query without decoding it.
  const query = toQuery(event.queryStringParameters, event.multiValueQueryStringParameters, (text) => text);
  return {
    name: 'an ALB',
    request: toRequest(
      event.httpMethod,
      withQuery(event.path, query),
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

type Parameters<V> = Record<string, V | undefined> | null | undefined;

/** `multi` has all values of a parameter, `single` only the last one. */
function toQuery(
  single: Parameters<string>,
  multi: Parameters<string[]>,
  encode: (text: string) => string,
): string {
  const pairs = Object.entries(multi ?? single ?? {}).flatMap(([name, values = []]) =>
    [values].flat().map((value) => `${encode(name)}=${encode(value)}`),
  );
  return pairs.join('&');
}

/** Returns all headers by lower-case name. A comma joins several values of one header. */
function toHeaders(
  single: Record<string, string | undefined> | null | undefined,
  multi?: Record<string, string[] | undefined> | null,
): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(single ?? {})) {
    if (value !== undefined) headers.set(name.toLowerCase(), value);
  }
  for (const [name, values] of Object.entries(multi ?? {})) {
    if (values !== undefined) headers.set(name.toLowerCase(), values.join(', '));
  }
  return headers;
}

/** Returns text as it is, and compressed bodies as base64. */
function toBody({ headers, body }: Answer): { body: string; isBase64Encoded: boolean } {
  if (typeof body === 'string') return { body, isBase64Encoded: false };
  const packed = headers['content-encoding'] !== undefined;
  return { body: body.toString(packed ? 'base64' : 'utf8'), isBase64Encoded: packed };
}
