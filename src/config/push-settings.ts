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
      'Time from one scrape to the next. On Lambda a part of `VCC_PUSH_PERIOD`: an invocation scrapes several times.',
    parse: duration(1000, 900_000),
    fallback: '15s',
  }),
  VCC_PUSH_PERIOD: setting({
    section: 'Push',
    about:
      'How often the schedule starts the function on Lambda, in whole minutes; `VCC_PUSH_INTERVAL` must divide it.',
    parse: duration(60_000, 840_000),
    fallback: '1m',
  }),
  VCC_PUSH_TIMEOUT: setting({
    section: 'Push',
    about: 'Longest one request to a destination may take before it counts as failed and is repeated.',
    parse: duration(100, 120_000),
    fallback: '10s',
  }),
  VCC_PUSH_DESTINATIONS: setting({
    section: 'Push',
    about:
      'Several destinations: a YAML file, an object in S3 (`s3://bucket/key`), or the list itself as YAML or JSON. docs/run/push.md has its form. What a destination does not say itself comes from the settings below.',
    parse: configSource,
    absent: 'one destination, described by the settings below, or none',
    sensitive: true,
  }),
  VCC_PUSH_QUEUE_URL: setting({
    section: 'Push',
    about:
      'Address of an SQS FIFO queue that holds what is pushed until it has arrived. With it an outage of a destination leaves no gap.',
    parse: queueUrl,
    absent: 'no queue: what cannot be delivered during the invocation is lost, and the invocation fails',
  }),
  VCC_PUSH_REJECTED_URL: setting({
    section: 'Push',
    about:
      'Address of an SQS FIFO queue for what a destination rejected for good, with its reason; `vcc-exporter replay` brings it back.',
    parse: queueUrl,
    absent: 'needed with `VCC_PUSH_QUEUE_URL`',
  }),
  VCC_PUSH_ACCOUNTS_URL: setting({
    section: 'Push',
    about:
      'Address of an SQS queue by which each account is handed to an invocation of its own, so that a hundred accounts need no larger function.',
    parse: queueUrl,
    absent: 'one invocation scrapes all accounts',
  }),
  VCC_PUSH_STATE: setting({
    section: 'Push',
    about:
      'Folder, or place in S3 (`s3://bucket/prefix`), for what must outlive a process: which series each destination has, and when it was last scraped. docs/run/push.md says what is in it and how large it is.',
    parse: place,
    absent: 'on Lambda nothing outlives it; `vcc-exporter push` uses `VCC_PUSH_FOLDER`',
  }),
  VCC_PUSH_FOLDER: setting({
    section: 'Push',
    about: 'Folder in which `vcc-exporter push` keeps its queue.',
    parse: folder,
    fallback: 'vcc-push',
  }),
} as const;

/** One destination; those of a list have the same as fields. */
export const destinationSettings = {
  VCC_PUSH_NAME: setting({
    section: 'Destinations',
    destinationField: 'name',
    about: 'Name of the destination, as it shall stand in the label `destination` and in the log.',
    parse: labelValue,
    fallback: 'default',
  }),
  VCC_PUSH_TYPE: setting({
    section: 'Destinations',
    destinationField: 'type',
    about:
      'What it is: `remote-write` (Prometheus, Amazon Managed Prometheus, Grafana Cloud, Mimir, VictoriaMetrics …), `otlp` (OTLP over HTTP), `pushgateway` (a last resort), or `emf` (CloudWatch metrics from the log of a Lambda).',
    parse: oneOf(['remote-write', 'otlp', 'pushgateway', 'emf']),
    fallback: 'remote-write',
  }),
  VCC_PUSH_URL: setting({
    section: 'Destinations',
    destinationField: 'url',
    about:
      'Its address, in full: `https://…/api/v1/remote_write`, `https://…/v1/metrics`; of a Pushgateway without `/metrics/…`.',
    parse: pushUrl,
    absent: 'nothing is pushed',
    sensitive: true,
  }),
  VCC_PUSH_VERSION: setting({
    section: 'Destinations',
    destinationField: 'version',
    about:
      'Version of remote write. `2.0` (experimental) is smaller and has metadata; a receiver that does not know it is sent 1.0.',
    parse: oneOf(['1.0', '2.0']),
    fallback: '1.0',
  }),
  VCC_PUSH_AUTH: setting({
    section: 'Destinations',
    destinationField: 'auth',
    about:
      '`none`; `basic` or `bearer`, with credentials below or in the secret; or `sigv4`: signed for Amazon Managed Prometheus.',
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
    about: 'Region to sign for with `sigv4`.',
    parse: awsRegion,
    absent: 'as in the address, else the SDK’s',
  }),
  VCC_PUSH_ROLE_ARN: setting({
    section: 'Destinations',
    destinationField: 'role_arn',
    about: 'Role to assume before signing, as in another AWS account.',
    parse: roleArn,
    absent: 'the function’s own',
  }),
  VCC_PUSH_HEADERS: setting({
    section: 'Destinations',
    destinationField: 'headers',
    about: 'Further headers, `Name=value` with commas between them, as in `X-Scope-OrgID=tenant-1`.',
    parse: headerPairs,
    absent: 'none',
    sensitive: true,
  }),
  VCC_PUSH_LABELS: setting({
    section: 'Destinations',
    destinationField: 'labels',
    about: 'External labels, `name=value` with commas between them; labels of the series take precedence.',
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
      'Label `instance` of every series (`service.instance.id` in OTLP); `{account}` stands for the account’s name, by which series of several accounts differ.',
    parse: labelValue,
    fallback: '{account}',
  }),
  VCC_PUSH_METRICS: setting({
    section: 'Destinations',
    destinationField: 'metrics',
    about: 'Only these metrics: names with commas between them, `*` for any end, as in `vcc_up,vcc_agents*`.',
    parse: metricNames,
    absent: 'all',
  }),
  VCC_PUSH_MAX_SAMPLES: setting({
    section: 'Destinations',
    destinationField: 'max_samples',
    about: 'Most samples in one request.',
    parse: wholeNumber(1, 100_000),
    fallback: '2000',
  }),
  VCC_PUSH_MAX_BYTES: setting({
    section: 'Destinations',
    destinationField: 'max_bytes',
    about: 'Largest body of one request, compressed; a message of SQS holds no larger one than the default.',
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
