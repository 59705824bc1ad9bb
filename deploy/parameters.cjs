// The parameters of a deployment, --param="name=value": the exporter's settings, by their own names, and those of the
// table below. docs/deploy.md has the table; all values are checked before anything is made.
const {
  ConfigError,
  didYouMean,
  loadDestinations,
  loadSettings,
  parseProxies,
  settings,
} = require('./settings.cjs');

/** A value that does not fit: what was expected. */
class Unfit extends Error {}

/** Parameters that cannot be used; the message has a line for each problem. */
class ParameterError extends Error {}

const oneOf =
  (...words) =>
  (text) => {
    if (words.includes(text)) return text;
    throw new Unfit(words.length === 2 ? words.join(' or ') : `one of ${words.join(', ')}`);
  };
const yesNo = (text) => oneOf('true', 'false')(text) === 'true';
const wholeNumber = (min, max) => (text) => {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw new Unfit(`a whole number from ${min} to ${max}`);
};
const matching = (pattern, expected) => (text) => {
  if (pattern.test(text)) return text;
  throw new Unfit(expected);
};
/** An empty text is nothing. */
const optional = (parse) => (text) => (text === '' ? undefined : parse(text));
const asItIs = (text) => text;
/** Values with commas between them. */
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

/** What is deployed, and how: the meaning for docs/deploy.md, the value without --param, and how a text is read. */
const table = {
  endpoint: {
    about:
      '`function-url`: no further cost, answers of up to 6 MB. `http-api`: API Gateway, for a custom domain or a WAF',
    fallback: 'function-url',
    parse: oneOf('function-url', 'http-api'),
  },
  memory: {
    about: 'MB of memory per function; CPU grows with it ([cost.md](cost.md))',
    fallback: '256',
    parse: wholeNumber(128, 10_240),
  },
  concurrency: {
    about: 'scrapes at the same time, reserved for the function; `none` reserves nothing',
    fallback: '5',
    parse: (text) => (text === 'none' ? undefined : wholeNumberOrNone(text)),
  },
  logRetention: {
    about: 'days to keep logs; one of the numbers that CloudWatch Logs allows',
    fallback: '14',
    parse: (text) => {
      if (retentions.map(String).includes(text)) return Number(text);
      throw new Unfit(`one of ${retentions.join(', ')}`);
    },
  },
  tracing: {
    about: '`Active` switches X-Ray on',
    fallback: 'PassThrough',
    parse: oneOf('PassThrough', 'Active'),
  },
  alarms: {
    about: '`false`: no CloudWatch alarms',
    fallback: 'true',
    parse: yesNo,
  },
  alarmTopicArn: {
    about: 'SNS topic that alarms notify; without one they only show in CloudWatch',
    parse: optional(arn('sns', 'an SNS topic')),
  },
  permissionsBoundaryArn: {
    about: 'permissions boundary of every role',
    parse: optional(arn('iam', 'an IAM policy')),
  },
  tags: {
    about: 'tags of the stack, which CloudFormation gives to its resources: `team=voice,env=prod`',
    parse: (text) => Object.fromEntries(list(toTag)(text)),
  },
  subnetIds: {
    about: 'subnets to run in, with commas between them; they need a route to the internet (NAT)',
    parse: list(matching(/^subnet-[0-9a-f]+$/, 'subnet ids (subnet-…) with commas between them')),
  },
  securityGroupIds: {
    about: 'security groups, with commas between them; required with `subnetIds`',
    parse: list(matching(/^sg-[0-9a-f]+$/, 'security group ids (sg-…) with commas between them')),
  },
  HTTPS_PROXY: {
    about:
      'proxy for all requests over TLS ([proxies.md](proxies.md)); everybody who may read the configuration of the function can read its password',
    parse: asItIs,
    environment: true,
  },
  HTTP_PROXY: { about: 'proxy for requests over plain HTTP', parse: asItIs, environment: true },
  NO_PROXY: { about: 'hosts to reach without a proxy', parse: asItIs, environment: true },
  NODE_EXTRA_CA_CERTS: {
    about: 'file with further certificate authorities, `/opt/…` in a layer',
    parse: optional(matching(/^\/opt\/\S+$/, 'a path below /opt, where layers are')),
    environment: true,
  },
  layerArns: {
    about: 'layers of the functions, with commas between them',
    parse: list(arn('lambda', 'a version of a layer')),
  },
  secretKmsKeyArn: {
    about: 'customer managed key of the secret; not needed for the AWS managed key',
    parse: optional(arn('kms', 'a KMS key')),
  },
  secrets: {
    about: 'further secrets that accounts in `VCC_CONFIG` name: names or ARNs with commas between them',
    parse: list((id) => settings.VCC_SECRET_ID.parse(id)),
  },
  objects: {
    about:
      'rosters in S3 that accounts in `VCC_CONFIG` name: `s3://bucket/key` with commas between them; `*` matches any characters',
    parse: list(matching(/^s3:\/\/[a-z0-9.-]{3,63}\/\S+$/, 's3://bucket/key with commas between them')),
  },
  objectsKmsKeyArn: {
    about: 'customer managed key of these objects, of `VCC_CONFIG` and of `VCC_ROSTER`',
    parse: optional(arn('kms', 'a KMS key')),
  },
  pushEnabled: {
    about:
      '`true` deploys push: a schedule, the function `push`, and what the parameters below add ([push.md](push.md))',
    fallback: 'false',
    parse: yesNo,
  },
  pushQueue: {
    about:
      'with push: a queue that keeps samples until they are delivered, and the function `deliver`. `false`: samples that cannot be delivered at once are lost',
    fallback: 'true',
    parse: yesNo,
  },
  pushFanOut: {
    about: 'with push: `true` adds the function `sample`, which runs once for each account',
    fallback: 'false',
    parse: yesNo,
  },
  deliverConcurrency: {
    about: 'with push: how many `deliver` may run at the same time',
    fallback: '10',
    parse: wholeNumber(2, 1000),
  },
  apsWorkspaceArn: {
    about: 'with push: workspaces of Amazon Managed Prometheus to write to, with commas between them',
    parse: list(arn('aps', 'a workspace of Amazon Managed Prometheus')),
  },
  pushRoleArns: {
    about:
      'with push: roles that destinations in a list assume (`role_arn`), with commas between them. `VCC_PUSH_ROLE_ARN` needs no entry here',
    parse: list(arn('iam', 'a role')),
  },
};

/** Settings that are no parameters: what is expected instead. */
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
    expected:
      'a field of the secret, since everybody who may see the configuration of the function can read parameters',
  },
  {
    names: ['VCC_PUSH_STATE', 'VCC_PUSH_QUEUE_URL', 'VCC_PUSH_REJECTED_URL', 'VCC_PUSH_SAMPLERS_URL'],
    expected: 'no value, since the stack sets it',
  },
  { names: ['VCC_PUSH_FOLDER', 'HOST', 'PORT'], expected: 'no value, since it is for the command line' },
];
const refused = Object.fromEntries(
  refusals.flatMap(({ names, expected }) => names.map((name) => [name, expected])),
);

/** Values of settings where a deployment differs from the command line. */
const deployedDefaults = { VCC_SECRET_ID: 'vcc-exporter', VCC_SCRAPE_AUTH: 'credentials' };

const isPushSetting = (name) => name.startsWith('VCC_PUSH_');

function wholeNumberOrNone(text) {
  try {
    return wholeNumber(1, 1000)(text);
  } catch (error) {
    throw new Unfit(`${error.message}, or none`);
  }
}

function toTag(pair) {
  const [, key, value] = /^([\w .:/+@-]{1,128})=([\w .:/=+@-]{0,256})$/u.exec(pair) ?? [];
  if (key === undefined || key.startsWith('aws:'))
    throw new Unfit('tags name=value with commas between them');
  return [key, value];
}

/**
 * Reads the parameters: those of the table parsed, and the settings as they go into the environment of the functions, `all`
 * for each, `push` for those that push only.
 * @throws ParameterError with every problem: names that do not exist, values that do not fit, settings that contradict each other
 */
async function readParameters(given) {
  const problems = [];
  const read = {};
  const environment = { ...deployedDefaults };
  for (const [name, value] of Object.entries(given)) {
    if (name in table) continue;
    if (!(name in settings)) {
      const known = [...Object.keys(table), ...Object.keys(settings).filter((each) => !(each in refused))];
      problems.push(`${name}: there is no such parameter${didYouMean(name, known)}`);
    } else if (name in refused) problems.push(`${name}: expected ${refused[name]}`);
    else if (value.trim() !== '') environment[name] = value.trim();
  }
  for (const [name, { parse, fallback = '' }] of Object.entries(table)) {
    const text = given[name]?.trim() || fallback;
    try {
      read[name] = parse(text);
    } catch (error) {
      if (!('expected' in error || error instanceof Unfit)) throw error;
      problems.push(`${name}: expected ${error.expected ?? error.message}; received "${text}"`);
    }
  }
  const network = Object.fromEntries(
    Object.keys(table)
      .filter((name) => table[name].environment && given[name]?.trim())
      .map((name) => [name, given[name].trim()]),
  );
  problems.push(...parseProxies(network).problems);
  const its = settingsOf(environment, problems);
  if (problems.length === 0) {
    problems.push(...contradictions(read, environment, its));
    if (read.pushEnabled) problems.push(...(await destinationProblems(environment, its)));
  }
  if (problems.length > 0) throw new ParameterError(problems.join('\n'));
  const names = Object.keys(environment);
  const pick = (wanted) => Object.fromEntries(wanted.map((name) => [name, environment[name]]));
  return {
    ...read,
    settings: its,
    environment: {
      all: { ...pick(names.filter((name) => !isPushSetting(name))), ...network },
      push: pick(names.filter(isPushSetting)),
    },
  };
}

function settingsOf(environment, problems) {
  try {
    return loadSettings(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}

function contradictions(read, environment, its) {
  const problems = [];
  const inUse = Object.keys(environment).filter(isPushSetting);
  if (inUse.length > 0 && !read.pushEnabled) {
    problems.push(`pushEnabled: expected true, since ${inUse.join(', ')} is set; received "false"`);
  }
  if ((read.subnetIds.length === 0) !== (read.securityGroupIds.length === 0)) {
    const missing = read.subnetIds.length === 0 ? 'subnetIds' : 'securityGroupIds';
    problems.push(
      `${missing}: expected a value, since a VPC needs subnets and security groups; received nothing`,
    );
  }
  const periodMs = its.VCC_PUSH_PERIOD;
  if (read.pushEnabled && periodMs % 60_000 !== 0) {
    problems.push(
      `VCC_PUSH_PERIOD: expected whole minutes, 1m to 14m; received "${environment.VCC_PUSH_PERIOD}"`,
    );
  }
  if (read.pushEnabled && periodMs % its.VCC_PUSH_INTERVAL !== 0) {
    problems.push(
      `VCC_PUSH_INTERVAL: expected a divisor of VCC_PUSH_PERIOD; received "${environment.VCC_PUSH_INTERVAL}"`,
    );
  }
  if (read.pushEnabled && its.VCC_PUSH_INTERVAL < 10_000) {
    problems.push(
      `VCC_PUSH_INTERVAL: expected at least 10s, so that the last sample of an invocation has time to be sent; received "${environment.VCC_PUSH_INTERVAL}"`,
    );
  }
  const longestMs = read.endpoint === 'http-api' ? 24_000 : 895_000;
  if (its.VCC_TIMEOUT > longestMs) {
    problems.push(
      `VCC_TIMEOUT: expected at most ${longestMs / 1000}s with endpoint=${read.endpoint}; received "${environment.VCC_TIMEOUT}"`,
    );
  }
  return problems;
}

/** A list in S3 is not read here: the function does that, with its own role. */
class NotReadHere extends Error {}

/** What is wrong with the destinations, as far as can be known here. */
async function destinationProblems(environment, its) {
  try {
    const found = await loadDestinations(environment, its, 1, () => Promise.reject(new NotReadHere()));
    if (found.length > 0) return [];
    const expected = 'the address of a destination there, or destinations in VCC_PUSH_DESTINATIONS';
    return [`VCC_PUSH_URL: expected ${expected}, since pushEnabled is true; received nothing`];
  } catch (error) {
    if (error instanceof NotReadHere) return [];
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
}

module.exports = { deployedDefaults, ParameterError, readParameters, refusals, table };
