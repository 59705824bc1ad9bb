import { createSigV4 } from '../aws/sigv4.ts';
import { build } from '../build.ts';
import { ConfigError } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { pushCredentialsProblem } from '../credentials.ts';
import { type Deadline, DeadlineError, untilAborted } from '../deadline.ts';
import type { Network } from '../http/network.ts';
import { createSend } from '../http/send.ts';
import type {
  Destination,
  DestinationOptions,
  DestinationPorts,
  Protocol,
} from '../push/destinations/destination.ts';
import { emf } from '../push/destinations/emf.ts';
import { otlp } from '../push/destinations/otlp.ts';
import { type Authorize, createPost, unauthorized, withCredentials } from '../push/destinations/post.ts';
import { pushgateway } from '../push/destinations/pushgateway.ts';
import { remoteWrite } from '../push/destinations/remote-write.ts';
import { PushError } from '../push/errors.ts';
import type { Batch } from '../push/queue.ts';
import { remember, rememberTokens } from '../redact.ts';
import { SecretError } from '../vault/errors.ts';
import type { Vault } from '../vault/vault.ts';

/**
 * Creates the destinations of the settings. They share connections. Nothing is sent yet.
 * @throws ConfigError when a destination requires credentials and has none
 */
export function openDestinations(
  destinations: readonly Settings[],
  vault: Vault | undefined,
  print: (line: string) => void,
  network: Network,
): { destinations: Destination[]; close(): void } {
  const send = createSend(network);
  const closing = new AbortController();
  const until = untilAborted(closing.signal);
  return {
    destinations: destinations.map((its) => {
      rememberSecrets(its);
      const post = createPost(send, {
        timeoutMs: its.VCC_PUSH_TIMEOUT,
        authorize: toAuthorize(its, vault, network, until),
        name: its.VCC_PUSH_NAME,
      });
      return createDestination(toOptions(its), { post, print });
    }),
    close() {
      closing.abort(new DeadlineError('the exporter is stopping'));
      send.close();
    },
  };
}

/**
 * Reads the destinations' credentials in the secret, so that push does not start with credentials
 * that can never be sent. A secret that cannot be read is no error, since a later read may succeed.
 * @throws ConfigError when credentials are missing in the secret, or contain characters that no
 * header allows
 */
export async function checkCredentials(
  destinations: readonly Settings[],
  vault: Vault | undefined,
  deadline: Deadline,
): Promise<void> {
  const problems: string[] = [];
  for (const its of destinations) {
    const { VCC_PUSH_AUTH: auth, VCC_PUSH_NAME: name } = its;
    if (!vault || (auth !== 'basic' && auth !== 'bearer') || ownCredential(its) !== undefined) continue;
    const problem = await vault.pushCredentials(name, deadline).then(
      (credentials) => pushCredentialsProblem(auth, credentials),
      (error: unknown) => (error instanceof SecretError && error.invalid ? error.message : undefined),
    );
    if (problem !== undefined) problems.push(`VCC_PUSH_AUTH of ${name}: ${problem}`);
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

/** Returns a part of the credentials in the settings, or undefined if the settings have none. */
const ownCredential = (its: Settings) =>
  its.VCC_PUSH_AUTH === 'basic' ? its.VCC_PUSH_USER : its.VCC_PUSH_TOKEN;

const protocols: Record<
  DestinationOptions['type'],
  (options: DestinationOptions, ports: DestinationPorts) => Protocol
> = { 'remote-write': remoteWrite, pushgateway, otlp, emf };

/** Creates one destination. Nothing is sent yet. */
export function createDestination(options: DestinationOptions, ports: DestinationPorts): Destination {
  const { name, type, wants } = options;
  const protocol = protocols[type](options, ports);
  return {
    ...protocol,
    name,
    wants,
    async deliver(batch, deadline) {
      // The type of the destination changed while the batch waited. Some destinations would accept
      // the batch and store nothing.
      if (familyOf(batch.format) !== familyOf(protocol.format)) {
        throw new PushError(`the batch has the format ${batch.format}; destination ${name} is now ${type}`);
      }
      await protocol.deliver(batch, deadline);
    },
  };
}

/** Both versions of remote write may be sent to a destination of type remote-write. */
const familyOf = (format: Batch['format']) => format.replace(/-[12]$/, '');

function toOptions(its: Settings): DestinationOptions {
  const wanted = its.VCC_PUSH_METRICS;
  return {
    name: its.VCC_PUSH_NAME,
    type: its.VCC_PUSH_TYPE,
    url: its.VCC_PUSH_URL,
    version: its.VCC_PUSH_VERSION,
    headers: its.VCC_PUSH_HEADERS ?? {},
    labels: its.VCC_PUSH_LABELS ?? {},
    job: its.VCC_PUSH_JOB,
    instance: its.VCC_PUSH_INSTANCE,
    wants: wanted && ((metric) => wanted.some((name) => fits(metric, name))),
    limits: { maxSamples: its.VCC_PUSH_MAX_SAMPLES, maxBytes: its.VCC_PUSH_MAX_BYTES },
    namespace: its.VCC_PUSH_NAMESPACE,
    userAgent: `vcc-exporter/${build.version}`,
  };
}

/**
 * Headers whose values name the tenant of the samples. They are no secrets, so messages show them
 * if the answer of a destination quotes them.
 */
const tenantHeaders = ['x-scope-orgid', 'thanos-tenant', 'x-tenant', 'x-tenant-id'];

/** Headers and the query may contain tokens too. */
function rememberSecrets({ VCC_PUSH_HEADERS: headers = {}, VCC_PUSH_URL: url }: Settings): void {
  const values = Object.entries(headers).flatMap(([name, value]) =>
    tenantHeaders.includes(name.toLowerCase()) ? [] : [value],
  );
  for (const value of [...values, ...(url?.searchParams.values() ?? [])]) {
    // A word, such as the name of an environment, is not a token, and may be an account's name.
    if (!/^[A-Za-z]{1,15}$/.test(value)) remember(value);
    rememberTokens(value);
  }
}

function fits(metric: string, name: string): boolean {
  return name.endsWith('*') ? metric.startsWith(name.slice(0, -1)) : metric === name;
}

function toAuthorize(its: Settings, vault: Vault | undefined, network: Network, until: Deadline): Authorize {
  const { VCC_PUSH_AUTH: auth, VCC_PUSH_NAME: name } = its;
  if (auth === 'none') return unauthorized;
  if (auth === 'sigv4') {
    const { VCC_PUSH_AWS_REGION: region, VCC_PUSH_ROLE_ARN: roleArn } = its;
    return createSigV4({ region, roleArn, network, until });
  }
  const { VCC_PUSH_USER: user, VCC_PUSH_PASSWORD: password, VCC_PUSH_TOKEN: token } = its;
  if (ownCredential(its) !== undefined)
    return withCredentials(auth, name, async () => ({ user, password, token }));
  if (vault) return withCredentials(auth, name, (deadline) => vault.pushCredentials(name, deadline));
  throw new ConfigError([
    `VCC_PUSH_AUTH of ${name}: expected credentials, since it is ${auth}; received nothing`,
  ]);
}
