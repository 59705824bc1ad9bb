import {
  awsRegion,
  configSource,
  duration,
  folder,
  headerPairs,
  labelPairs,
  labelValue,
  metricNames,
  namespace,
  oneOf,
  place,
  roleArn,
  wholeNumber,
} from './parse.ts';
import { pushUrl, queueUrl } from './parse-address.ts';
import { basicUser, pushToken, secret } from './parse-credentials.ts';
import { setting } from './setting.ts';

/** When to scrape, and where samples are kept until they are delivered. */
export const pushSettings = {
  VCC_PUSH_INTERVAL: setting({
    section: 'Push',
    about:
      'Time between two scrapes. On Lambda one invocation scrapes several times, so this must divide `VCC_PUSH_PERIOD`.',
    parse: duration(1000, 900_000),
    fallback: '15s',
  }),
  VCC_PUSH_PERIOD: setting({
    section: 'Push',
    about:
      'Time between two invocations on Lambda, in whole minutes. It must be a multiple of `VCC_PUSH_INTERVAL`.',
    parse: duration(60_000, 840_000),
    fallback: '1m',
  }),
  VCC_PUSH_TIMEOUT: setting({
    section: 'Push',
    about:
      'Longest time for one request to a destination. After this time the request counts as failed and is retried.',
    parse: duration(100, 120_000),
    fallback: '10s',
  }),
  VCC_PUSH_DESTINATIONS: setting({
    section: 'Push',
    about:
      'Several destinations: a YAML file, an object in S3 (`s3://bucket/key`), or the list itself as YAML or JSON. docs/run/push.md describes the format. If a destination lacks a field, the setting under [Destinations](#destinations) applies.',
    parse: configSource,
    absent: 'one destination or none, from the settings under [Destinations](#destinations)',
    sensitive: true,
  }),
  VCC_PUSH_QUEUE_URL: setting({
    section: 'Push',
    about:
      'Address of an SQS FIFO queue that keeps samples until they are delivered. With it, an outage of a destination leaves no gap.',
    parse: queueUrl,
    absent:
      'no queue: samples that are not delivered during the invocation are lost, and the invocation fails',
  }),
  VCC_PUSH_REJECTED_URL: setting({
    section: 'Push',
    about:
      'Address of an SQS FIFO queue for samples that a destination rejected, with the reason. `vcc-exporter replay` sends them again.',
    parse: queueUrl,
    absent: 'none; required with `VCC_PUSH_QUEUE_URL`',
  }),
  VCC_PUSH_ACCOUNTS_URL: setting({
    section: 'Push',
    about:
      'Address of an SQS queue that starts one invocation per account, so that many accounts need no larger function.',
    parse: queueUrl,
    absent: 'one invocation scrapes all accounts',
  }),
  VCC_PUSH_STATE: setting({
    section: 'Push',
    about:
      'Folder, or place in S3 (`s3://bucket/prefix`), for the state that must outlive a process: the series of each destination and the time of the last scrape. docs/run/push.md describes its content and size.',
    parse: place,
    absent: 'on Lambda no state is kept; `vcc-exporter push` uses `VCC_PUSH_FOLDER`',
  }),
  VCC_PUSH_FOLDER: setting({
    section: 'Push',
    about: 'Folder for the queue of `vcc-exporter push`.',
    parse: folder,
    fallback: 'vcc-push',
  }),
} as const;

/** The settings of one destination. Destinations of a list have the same settings as fields. */
export const destinationSettings = {
  VCC_PUSH_NAME: setting({
    section: 'Destinations',
    destinationField: 'name',
    about: 'Name of the destination, for the label `destination` and the log.',
    parse: labelValue,
    fallback: 'default',
  }),
  VCC_PUSH_TYPE: setting({
    section: 'Destinations',
    destinationField: 'type',
    about:
      'Type of the destination: `remote-write` (Prometheus, Amazon Managed Prometheus, Grafana Cloud, Mimir, VictoriaMetrics …), `otlp` (OTLP over HTTP), `pushgateway` (a last resort), or `emf` (CloudWatch metrics from the log of a Lambda).',
    parse: oneOf(['remote-write', 'otlp', 'pushgateway', 'emf']),
    fallback: 'remote-write',
  }),
  VCC_PUSH_URL: setting({
    section: 'Destinations',
    destinationField: 'url',
    about:
      'Full address of the destination, such as `https://…/api/v1/remote_write` or `https://…/v1/metrics`. For a Pushgateway, leave out `/metrics/…`.',
    parse: pushUrl,
    absent: 'nothing is pushed',
    sensitive: true,
  }),
  VCC_PUSH_VERSION: setting({
    section: 'Destinations',
    destinationField: 'version',
    about:
      'Version of remote write. `2.0` (experimental) is smaller and has metadata. If a destination does not know 2.0, the exporter sends 1.0.',
    parse: oneOf(['1.0', '2.0']),
    fallback: '1.0',
  }),
  VCC_PUSH_AUTH: setting({
    section: 'Destinations',
    destinationField: 'auth',
    about:
      'Authentication: `none`; `basic` or `bearer`, with the credentials below or in the secret; or `sigv4`, a signature for Amazon Managed Prometheus.',
    parse: oneOf(['none', 'basic', 'bearer', 'sigv4']),
    fallback: 'none',
  }),
  VCC_PUSH_USER: setting({
    section: 'Destinations',
    destinationField: 'user',
    about: 'User name for `basic`.',
    parse: basicUser,
    absent: '`destinations` in the secret',
    sensitive: true,
  }),
  VCC_PUSH_PASSWORD: setting({
    section: 'Destinations',
    destinationField: 'password',
    about: 'Password for `basic`.',
    parse: secret('the password'),
    absent: '`destinations` in the secret',
    sensitive: true,
  }),
  VCC_PUSH_TOKEN: setting({
    section: 'Destinations',
    destinationField: 'token',
    about: 'Token for `bearer`.',
    parse: pushToken,
    absent: '`destinations` in the secret',
    sensitive: true,
  }),
  VCC_PUSH_AWS_REGION: setting({
    section: 'Destinations',
    destinationField: 'aws_region',
    about: 'AWS region of the signature with `sigv4`.',
    parse: awsRegion,
    absent: 'the region in the address, else that of the AWS SDK',
  }),
  VCC_PUSH_ROLE_ARN: setting({
    section: 'Destinations',
    destinationField: 'role_arn',
    about: 'ARN of a role to assume before signing, for example in another AWS account.',
    parse: roleArn,
    absent: "the function's own role",
  }),
  VCC_PUSH_HEADERS: setting({
    section: 'Destinations',
    destinationField: 'headers',
    about: 'Further headers: `Name=value`, separated by commas, as in `X-Scope-OrgID=tenant-1`.',
    parse: headerPairs,
    absent: 'none',
    sensitive: true,
  }),
  VCC_PUSH_LABELS: setting({
    section: 'Destinations',
    destinationField: 'labels',
    about: 'External labels: `name=value`, separated by commas. Labels of the series take precedence.',
    parse: labelPairs,
    absent: 'none',
  }),
  VCC_PUSH_JOB: setting({
    section: 'Destinations',
    destinationField: 'job',
    about: 'Label `job` of every series (`service.name` in OTLP).',
    parse: labelValue,
    fallback: 'vcc',
  }),
  VCC_PUSH_INSTANCE: setting({
    section: 'Destinations',
    destinationField: 'instance',
    about:
      'Label `instance` of every series (`service.instance.id` in OTLP). The exporter replaces `{account}` by the name of the account, so that series of several accounts differ.',
    parse: labelValue,
    fallback: '{account}',
  }),
  VCC_PUSH_METRICS: setting({
    section: 'Destinations',
    destinationField: 'metrics',
    about:
      'Metrics to push: names, separated by commas, as in `vcc_up,vcc_agents*`. A `*` at the end matches any ending.',
    parse: metricNames,
    absent: 'all',
  }),
  VCC_PUSH_MAX_SAMPLES: setting({
    section: 'Destinations',
    destinationField: 'max_samples',
    about: 'Maximum number of samples in one request.',
    parse: wholeNumber(1, 100_000),
    fallback: '2000',
  }),
  VCC_PUSH_MAX_BYTES: setting({
    section: 'Destinations',
    destinationField: 'max_bytes',
    about:
      'Largest body of one request in bytes, compressed. With `VCC_PUSH_QUEUE_URL` at most 190000, so that a message fits into 256 KiB.',
    parse: wholeNumber(1000, 10_000_000),
    fallback: '180000',
  }),
  VCC_PUSH_NAMESPACE: setting({
    section: 'Destinations',
    destinationField: 'namespace',
    about: 'Namespace in CloudWatch, for `emf`.',
    parse: namespace,
    fallback: 'VCC',
  }),
} as const;
