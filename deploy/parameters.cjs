// The parameters of a deployment, --param="name=value": the exporter's settings, and the parameters
// of the table below. docs/reference/deploy-parameters.md lists them. All values are checked before
// anything is created.
const {
  ConfigError,
  didYouMean,
  loadConfig,
  loadDestinations,
  loadSettings,
  matching,
  oneOf,
  parseProxies,
  settings,
  Unfit,
  wholeNumber,
} = require('./settings.cjs');

/** Some parameters are not valid. The message has one line for each problem. */
class ParameterError extends Error {}

const yesNo = (text) => oneOf(['true', 'false'])(text) === 'true';
/** Parses an empty text as undefined. */
const optional = (parse) => (text) => (text === '' ? undefined : parse(text));
const asItIs = optional((text) => text);
/** Parses a list of values with commas between them. */
const list = (parse) => (text) =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each) => parse(each));
const arn = (service, what) =>
  matching(new RegExp(`^arn:aws[\\w-]*:${service}:[\\w-]*:\\d{12}:\\S+$`), `the ARN of ${what}`);

const retentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/**
 * The parameters that are not settings. Fields:
 *
 * - `about`: the description in docs/reference/deploy-parameters.md.
 * - `fallback`: the value without --param.
 * - `parse`: parses the text of a value.
 * - `needs`: another parameter that must be true if this one is set.
 * - `environment`: whether the functions get it as an environment variable.
 */
const table = {
  endpoint: {
    about:
      '`function-url`: no extra cost; answers of up to 6 MB. `http-api`: API Gateway, for a custom domain or a WAF',
    fallback: 'function-url',
    parse: oneOf(['function-url', 'http-api']),
  },
  memory: {
    about: 'memory of each function in MB; more memory also gives more CPU ([cost.md](../explain/cost.md))',
    fallback: '256',
    parse: wholeNumber(128, 10_240),
  },
  concurrency: {
    about:
      'maximum number of scrapes at the same time. Lambda reserves this concurrency for `metrics`, and 1 for `push`. `none`: no limits and no reservations, so invocations of `push` may overlap',
    fallback: '5',
    parse: (text) => {
      if (text === 'none') return undefined;
      try {
        return wholeNumber(1, 1000)(text);
      } catch ({ expected }) {
        throw new Unfit(`${expected}, or none`);
      }
    },
  },
  logRetention: {
    about: 'days to keep logs; CloudWatch Logs accepts only certain numbers, such as 14, 30 or 365',
    fallback: '14',
    parse: (text) => {
      if (retentions.map(String).includes(text)) return Number(text);
      throw new Unfit(`one of ${retentions.join(', ')}`);
    },
  },
  tracing: {
    about: '`Active` enables X-Ray',
    fallback: 'PassThrough',
    parse: oneOf(['PassThrough', 'Active']),
  },
  alarms: {
    about: '`false`: no CloudWatch alarms',
    fallback: 'true',
    parse: yesNo,
  },
  alarmTopicArn: {
    needs: 'alarms',
    about: 'ARN of the SNS topic for alarms; without it, only CloudWatch shows them',
    parse: optional(arn('sns', 'an SNS topic')),
  },
  permissionsBoundaryArn: {
    about: 'ARN of the permissions boundary of every role',
    parse: optional(matching(/^arn:aws[\w-]*:iam::(\d{12}|aws):policy\/\S+$/, 'the ARN of an IAM policy')),
  },
  tags: {
    about: 'tags of the stack and its resources: `team=voice,env=prod`',
    parse: (text) => Object.fromEntries(list(toTag)(text)),
  },
  subnetIds: {
    about:
      'subnets of the functions, with commas between them; they need a NAT gateway or a proxy to reach the internet',
    parse: list(matching(/^subnet-[0-9a-f]+$/, 'subnet ids (subnet-…) with commas between them')),
  },
  securityGroupIds: {
    about: 'security groups of the functions, with commas between them; required with `subnetIds`',
    parse: list(matching(/^sg-[0-9a-f]+$/, 'security group ids (sg-…) with commas between them')),
  },
  HTTPS_PROXY: {
    about:
      'proxy for all requests over TLS ([proxies.md](../run/proxies.md)). Everybody who can read the configuration of the function can read the password in it',
    parse: asItIs,
    environment: true,
  },
  HTTP_PROXY: { about: 'proxy for requests over plain HTTP', parse: asItIs, environment: true },
  NO_PROXY: { about: 'hosts to reach without a proxy', parse: asItIs, environment: true },
  NODE_EXTRA_CA_CERTS: {
    about: 'file with more certificate authorities, in a layer: `/opt/…`',
    parse: optional(matching(/^\/opt\/\S+$/, 'a path below /opt, where layers are')),
    environment: true,
  },
  layerArns: {
    about: 'ARNs of layers of the functions, with commas between them',
    parse: list(arn('lambda', 'a version of a layer')),
  },
  secretKmsKeyArn: {
    about: 'ARN of the customer managed key of the secret; not needed for the AWS managed key',
    parse: optional(arn('kms', 'a KMS key')),
  },
  secrets: {
    about: 'more secrets, which accounts in `VCC_CONFIG` use: names or ARNs, with commas between them',
    parse: list((id) => settings.VCC_SECRET_ID.parse(id)),
  },
  objects: {
    about:
      'rosters in S3, which accounts in `VCC_CONFIG` use: `s3://bucket/key`, with commas between them; `*` matches any characters',
    parse: list(matching(/^s3:\/\/[a-z0-9.-]{3,63}\/\S+$/, 's3://bucket/key with commas between them')),
  },
  objectsKmsKeyArn: {
    about:
      'ARN of the customer managed key of objects in S3: `objects`, `VCC_CONFIG`, `VCC_ROSTER` and `VCC_PUSH_DESTINATIONS`',
    parse: optional(arn('kms', 'a KMS key')),
  },
  pushEnabled: {
    about:
      '`true` deploys push: a schedule, the function `push`, and everything that the parameters below add ([push.md](../run/push.md))',
    fallback: 'false',
    parse: yesNo,
  },
  pushQueue: {
    needs: 'pushEnabled',
    about:
      'with push: `true` adds a queue that keeps samples until they are delivered, and the function `deliver`. `false`: samples that cannot be delivered immediately are lost',
    fallback: 'true',
    parse: yesNo,
  },
  pushFanOut: {
    needs: 'pushEnabled',
    about: 'with push: `true` adds the function `pushAccount`, which runs once for each account',
    fallback: 'false',
    parse: yesNo,
  },
  deliverConcurrency: {
    needs: 'pushEnabled',
    about: 'with push: maximum number of invocations of `deliver` at the same time',
    fallback: '10',
    parse: wholeNumber(2, 1000),
  },
  apsWorkspaceArn: {
    needs: 'pushEnabled',
    about:
      'with push: ARNs of workspaces of Amazon Managed Prometheus that are destinations, with commas between them',
    parse: list(arn('aps', 'a workspace of Amazon Managed Prometheus')),
  },
  pushRoleArns: {
    needs: 'pushEnabled',
    about:
      'with push: ARNs of roles that destinations in a list assume (`role_arn`), with commas between them. `VCC_PUSH_ROLE_ARN` needs no entry here',
    parse: list((role) => settings.VCC_PUSH_ROLE_ARN.parse(role)),
  },
};

/** Settings that are not parameters, with the reason and the expected value. */
const refusals = [
  {
    names: [
      'VCC_CLIENT_ID',
      'VCC_CLIENT_SECRET',
      'VCC_SCRAPE_TOKENS',
      'VCC_SCRAPE_USERS',
      'VCC_AGENT_KEY',
      'VCC_PUSH_USER',
      'VCC_PUSH_PASSWORD',
      'VCC_PUSH_TOKEN',
    ],
    instead:
      'Put them into the secret. Everybody who can read the configuration of the function can read parameters.',
    expected:
      'a field of the secret, since everybody who can read the configuration of the function can read parameters',
  },
  {
    names: ['VCC_PUSH_STATE', 'VCC_PUSH_QUEUE_URL', 'VCC_PUSH_REJECTED_URL', 'VCC_PUSH_ACCOUNTS_URL'],
    instead: 'The stack sets them.',
    expected: 'no value, since the stack sets it',
  },
  {
    names: ['VCC_PUSH_FOLDER', 'VCC_SCRAPE_HOSTS', 'HOST', 'PORT'],
    instead: 'They are for the command line.',
    expected: 'no value, since it is for the command line',
  },
];
const refused = Object.fromEntries(
  refusals.flatMap(({ names, expected }) => names.map((name) => [name, expected])),
);

/** Settings whose default on AWS differs from the command line. */
const deployedDefaults = { VCC_SECRET_ID: 'vcc-exporter', VCC_SCRAPE_AUTH: 'credentials' };

const isPushSetting = (name) => name.startsWith('VCC_PUSH_');

function toTag(pair) {
  const [, key, value] = /^([\p{L}\p{N}_ .:/+@-]{1,128})=([\p{L}\p{N}_ .:/=+@-]{0,256})$/u.exec(pair) ?? [];
  if (key === undefined || key.startsWith('aws:'))
    throw new Unfit('tags name=value with commas between them: letters, digits, spaces and _.:/=+@-');
  return [key, value];
}

/**
 * Validates the parameters. Returns:
 *
 * - The parsed parameters of the table.
 * - `settings`: the parsed settings.
 * - `environment`: the environment variables of the functions. `all` is for every function, `push`
 *   only for functions that push.
 *
 * @throws ParameterError with every problem: unknown names, wrong values, settings that contradict
 * each other
 */
async function readParameters(given) {
  const problems = [];
  const environment = { ...deployedDefaults };
  for (const [name, value] of Object.entries(given)) {
    if (Object.hasOwn(table, name)) continue;
    if (!Object.hasOwn(settings, name)) {
      const known = [...Object.keys(table), ...Object.keys(settings).filter((each) => !(each in refused))];
      problems.push(`${name}: unknown parameter${didYouMean(name, known)}`);
    } else if (Object.hasOwn(refused, name)) problems.push(`${name}: expected ${refused[name]}`);
    else if (value.trim() !== '') environment[name] = value.trim();
  }
  const read = readTable(given, problems);
  const network = Object.fromEntries(
    Object.keys(table)
      .filter((name) => table[name].environment && read[name] !== undefined)
      .map((name) => [name, read[name]]),
  );
  problems.push(...parseProxies(network).problems);
  const its = await attempt(problems, () => loadSettings(environment));
  if (problems.length === 0) {
    problems.push(...contradictions(read, environment, its), ...localFiles(its));
    await checkAccounts(environment, problems);
    if (read.pushEnabled) await checkDestinations(environment, its, problems);
  }
  if (problems.length > 0) throw new ParameterError(problems.join('\n'));
  const pick = (wanted) => Object.fromEntries(Object.entries(environment).filter(([name]) => wanted(name)));
  return {
    ...read,
    settings: its,
    environment: { all: { ...pick((name) => !isPushSetting(name)), ...network }, push: pick(isPushSetting) },
  };
}

/** Parses the parameters of the table. */
function readTable(given, problems) {
  const read = {};
  const isOn = (name) => (given[name]?.trim() || table[name].fallback) === 'true';
  for (const [name, { parse, fallback = '', needs }] of Object.entries(table)) {
    const text = given[name]?.trim() || fallback;
    if (needs && given[name]?.trim() && !isOn(needs)) {
      problems.push(`${needs}: expected true, since ${name} is set`);
    }
    try {
      read[name] = parse(text);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      // Do not quote a longer text: it may be a misplaced secret.
      const received = text.length < 16 ? `"${text}"` : 'another value';
      problems.push(`${name}: expected ${error.expected}; received ${received}`);
    }
  }
  return read;
}

/** Returns the result of `work`. If it throws problems, adds them and returns undefined. */
async function attempt(problems, work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotReadHere) return undefined;
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

/** Lists in S3 are not checked here. The function reads them, with its own role. */
class NotReadHere extends Error {}
const readNothing = () => Promise.reject(new NotReadHere());

/** Returns problems of settings with the path of a file, which a function does not have. */
function localFiles(its) {
  const forms = {
    VCC_CONFIG: 's3://bucket/key, or the list itself',
    VCC_ROSTER: 's3://bucket/key, or users-api',
    VCC_PUSH_DESTINATIONS: 's3://bucket/key, or the list itself',
  };
  return Object.entries(forms).flatMap(([name, expected]) => {
    const { location = 's3://' } = its[name] ?? {};
    return location.startsWith('s3://')
      ? []
      : [`${name}: expected ${expected}, since a function cannot read your files; received a path`];
  });
}

/**
 * Adds a problem for secrets in an inline list: everybody who can read the configuration of the
 * function could read them.
 */
function secretsIn(name, entries, fields, problems) {
  const found = fields.filter((field) => entries.some((entry) => entry[field] !== undefined));
  if (found.length === 0) return;
  const fieldsOf = found.map((field) => settings[field].field ?? settings[field].destinationField);
  problems.push(
    `${name}: expected a list without ${fieldsOf.join(', ')}; put them into the secret (docs/run/aws.md)`,
  );
}

async function checkAccounts(environment, problems) {
  const config = await attempt(problems, () => loadConfig(environment, readNothing));
  const fields = ['VCC_CLIENT_ID', 'VCC_CLIENT_SECRET', 'VCC_AGENT_KEY'];
  if (config) secretsIn('VCC_CONFIG', config.accounts, fields, problems);
}

async function checkDestinations(environment, its, problems) {
  const found = await attempt(problems, () => loadDestinations(environment, its, 1, readNothing));
  const fields = ['VCC_PUSH_USER', 'VCC_PUSH_PASSWORD', 'VCC_PUSH_TOKEN'];
  if (found) secretsIn('VCC_PUSH_DESTINATIONS', found, fields, problems);
  if (found?.length === 0) {
    const expected = 'the address of a destination, or destinations in VCC_PUSH_DESTINATIONS';
    problems.push(`VCC_PUSH_URL: expected ${expected}, since pushEnabled is true; received nothing`);
  }
}

function contradictions(read, environment, its) {
  const problems = [];
  const inUse = Object.keys(environment).filter(isPushSetting);
  if (inUse.length > 0 && !read.pushEnabled) {
    problems.push(`pushEnabled: expected true, since ${inUse.join(', ')} is set`);
  }
  if ((read.subnetIds.length === 0) !== (read.securityGroupIds.length === 0)) {
    const missing = read.subnetIds.length === 0 ? 'subnetIds' : 'securityGroupIds';
    problems.push(
      `${missing}: expected a value, since a VPC needs both subnets and security groups; received nothing`,
    );
  }
  const expect = (name, expected) =>
    problems.push(`${name}: expected ${expected}; received "${environment[name]}"`);
  const { VCC_PUSH_PERIOD: periodMs, VCC_PUSH_INTERVAL: intervalMs, VCC_TIMEOUT: timeoutMs } = its;
  if (read.pushEnabled && periodMs % 60_000 !== 0) expect('VCC_PUSH_PERIOD', 'whole minutes, 1m to 14m');
  if (read.pushEnabled && periodMs % intervalMs !== 0) {
    expect('VCC_PUSH_INTERVAL', 'a divisor of VCC_PUSH_PERIOD');
  }
  if (read.pushEnabled && intervalMs < 10_000) {
    expect(
      'VCC_PUSH_INTERVAL',
      'at least 10s, so that an invocation has time to send the samples of its last scrape',
    );
  }
  const longestMs = read.endpoint === 'http-api' ? 24_000 : 895_000;
  if (timeoutMs > longestMs) {
    expect('VCC_TIMEOUT', `at most ${longestMs / 1000}s with endpoint=${read.endpoint}`);
  }
  return problems;
}

module.exports = { deployedDefaults, ParameterError, readParameters, refusals, table };
