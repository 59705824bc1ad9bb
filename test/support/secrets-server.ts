import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import type { Stage } from '../../src/vault/vault.ts';
import { startServer, type TestServer } from './server.ts';

/** One fault in place of an answer. */
export interface SecretsFault {
  status: number;
  /**
   * The name of the error, as AWS writes it into `__type`. Without it, the answer is one that AWS
   * would not give.
   */
  type?: string;
  message?: string;
  /** Only reads of this stage. */
  stage?: Stage;
  /** The number of times; counts down. Without it, until it is removed. */
  times?: number;
}

/** The behaviour of the server. Everything may be changed while it runs. */
export interface SecretsOptions {
  /**
   * The content of the secret per stage: a text, an object to be written as JSON, or bytes. A
   * missing stage is not found.
   */
  values?: Partial<Record<Stage, string | object | Uint8Array>>;
  /** The first that fits a request is the answer. */
  faults?: SecretsFault[];
  /** Before every answer. */
  delayMs?: number;
  /** Accepts requests and never answers them. */
  hang?: boolean;
  /** Secrets of other names are not found; without it, every name is this secret's. */
  secretId?: string;
}

/** A running server. */
export interface SecretsServer extends TestServer, Required<Omit<SecretsOptions, 'secretId'>> {
  /** Every request, also those that were answered with an error. */
  calls: { stage: Stage; secretId: string }[];
  /** Which region each of these requests was signed for. */
  regions: string[];
}

/**
 * Starts a server for the only request of the exporter to AWS Secrets Manager (GetSecretValue, JSON
 * 1.1). The SDK finds it by AWS_ENDPOINT_URL_SECRETS_MANAGER, see `environmentOfSecrets`.
 * Signatures are required, not checked.
 */
export async function startSecretsServer(options: SecretsOptions = {}): Promise<SecretsServer> {
  const state = {
    values: options.values ?? {},
    faults: options.faults ?? [],
    delayMs: options.delayMs ?? 0,
    hang: options.hang ?? false,
    calls: [] as SecretsServer['calls'],
    regions: [] as string[],
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const fail = (status: number, type: string | undefined, message = 'simulated') =>
      respond(response, status, type === undefined ? { message } : { __type: type, message });
    const target = request.headers['x-amz-target'];
    const region = /Credential=[^/]+\/\d{8}\/([^/]+)\/secretsmanager\/aws4_request/.exec(
      request.headers.authorization ?? '',
    )?.[1];
    const { SecretId: secretId, VersionStage: stage = 'AWSCURRENT' } = (await json(request)) as {
      SecretId: string;
      VersionStage?: Stage;
    };
    if (request.method !== 'POST' || target !== 'secretsmanager.GetSecretValue') {
      return fail(400, 'UnknownOperationException', `${request.method} ${target}`);
    }
    if (region === undefined) return fail(400, 'MissingAuthenticationTokenException');
    state.calls.push({ stage, secretId });
    state.regions.push(region);
    if (state.hang) return;
    if (state.delayMs > 0) await wait(state.delayMs);

    const fault = state.faults.find(
      (candidate) => candidate.times !== 0 && (candidate.stage ?? stage) === stage,
    );
    if (fault?.times !== undefined) fault.times--;
    if (fault) return fail(fault.status, fault.type, fault.message);
    const value = state.values[stage];
    if (value === undefined || (options.secretId ?? secretId) !== secretId) {
      return fail(400, 'ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    const content =
      value instanceof Uint8Array
        ? { SecretBinary: Buffer.from(value).toString('base64') }
        : { SecretString: typeof value === 'string' ? value : JSON.stringify(value) };
    respond(response, 200, { Name: secretId, VersionStages: [stage], CreatedDate: 1768471200, ...content });
  }

  const server = await startServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  return Object.assign(state, server);
}

/**
 * With these the SDK finds this server in place of AWS, and signs without a search for credentials
 * elsewhere.
 */
export function environmentOfSecrets(server: TestServer): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: server.origin,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'an-aws-secret-access-key-of-nobody',
  };
}

function respond(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
