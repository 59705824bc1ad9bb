import { hostFamilies, regions } from '../vcc/regions.ts';
import {
  agentPattern,
  bounds,
  configSource,
  duration,
  hostNames,
  knownValues,
  labelNames,
  labelValue,
  oneOf,
  type Parse,
  rosterSource,
  secretId,
  semantics,
  text,
  wholeNumber,
} from './parse.ts';
import { httpUrl } from './parse-address.ts';
import { basicUsers, bearerTokens, credential, hashKey, secret } from './parse-credentials.ts';
import { destinationSettings, pushSettings } from './push-settings.ts';
import { setting } from './setting.ts';

/**
 * Every setting, by the name of its environment variable. docs/reference/settings.md is generated
 * from this table.
 */
export const settings = {
  VCC_ACCOUNT: setting({
    section: 'Account',
    field: 'name',
    about: 'Name of the account, as it shall stand in the label `account` of every series.',
    parse: labelValue,
    absent: '`default`',
  }),
  VCC_CLIENT_ID: setting({
    section: 'Account',
    field: 'client_id',
    about:
      'Client id of API credentials with the scope `stats` (VCC Admin Portal, Account Settings, API Credentials).',
    parse: credential('the client id'),
    absent: 'from the secret (`VCC_SECRET_ID`) or the list of accounts (`VCC_CONFIG`)',
    sensitive: true,
  }),
  VCC_CLIENT_SECRET: setting({
    section: 'Account',
    field: 'client_secret',
    about: 'The secret of these credentials.',
    parse: secret('the client secret'),
    absent: 'as above',
    sensitive: true,
  }),
  VCC_REGION: setting({
    section: 'Account',
    field: 'region',
    about:
      'Region of the account, `emea`, `nam` or `apac`: the first part of the address where you log in, as in `emea.newvoicemedia.com`.',
    parse: oneOf(regions),
    fallback: 'emea',
  }),
  VCC_HOSTS: setting({
    section: 'Account',
    field: 'hosts',
    about: 'Family of host names: `newvoicemedia` (as in the API reference) or `vonage` (`*.cc.vonage.com`).',
    parse: oneOf(hostFamilies),
    fallback: 'newvoicemedia',
  }),
  VCC_TOKEN_URL: setting({
    section: 'Account',
    field: 'token_url',
    about: 'Address of the token endpoint, in place of the region’s.',
    parse: httpUrl,
    absent: 'the region’s',
    sensitive: true,
  }),
  VCC_API_URL: setting({
    section: 'Account',
    field: 'api_url',
    about: 'Base address of the API, in place of the region’s; `/stats/agent-status` is appended.',
    parse: httpUrl,
    absent: 'the region’s',
    sensitive: true,
  }),
  VCC_TOKEN_AUTH: setting({
    section: 'Account',
    field: 'token_auth',
    about: 'How the credentials are sent to the token endpoint: in the form `body`, or as HTTP `basic`.',
    parse: oneOf(['body', 'basic']),
    fallback: 'body',
  }),
  VCC_CONFIG: setting({
    section: 'Several accounts',
    about:
      'Several accounts: a YAML file, an object in S3 (`s3://bucket/key`), or the list itself as YAML or JSON. docs/run/accounts.md has its form. What an account does not say itself comes from the settings here.',
    parse: configSource,
    absent: 'one account, described by the settings here',
    sensitive: true,
  }),
  VCC_CONCURRENCY: setting({
    section: 'Several accounts',
    about:
      'HTTP requests to the API under way at once, of all accounts together. Accounts whose last read failed share a quarter of these.',
    parse: wholeNumber(1, 10_000),
    fallback: '100',
  }),
  VCC_SECRET_ID: setting({
    section: 'Secrets Manager',
    field: 'secret_id',
    about:
      'Name or ARN of a secret in AWS Secrets Manager that holds the API credentials, and scrape credentials too if you like: JSON, docs/run/aws.md has its form. Takes the place of `VCC_CLIENT_ID` and `VCC_CLIENT_SECRET`.',
    parse: secretId,
    absent: 'no secret is read',
  }),
  VCC_SECRET_TTL: setting({
    section: 'Secrets Manager',
    about:
      'How long the secret is used before it is read again. What is missing in it, and API credentials that are rejected, are read again at once; scrape credentials change after this time.',
    parse: duration(1000, 86_400_000),
    fallback: '5m',
  }),
  VCC_SECRET_PENDING: setting({
    section: 'Secrets Manager',
    about:
      'Whether credentials that are staged `AWSPENDING` may be tried when the current ones are rejected: `never`, or `when-rejected`, for a rotation that changes them at Vonage’s side before it moves the label.',
    parse: oneOf(['never', 'when-rejected']),
    fallback: 'never',
  }),
  VCC_SCRAPE_AUTH: setting({
    section: 'Who may scrape',
    about:
      'Who is let in: `credentials` (a bearer token, or name and password), `iam` (on Lambda only: requests whose IAM signature AWS has checked), or `none`: everybody who can reach the address.',
    parse: oneOf(['credentials', 'iam', 'none']),
    absent: 'on Lambda `credentials`; elsewhere `credentials` if any are set, else `none`',
  }),
  VCC_SCRAPE_TOKENS: setting({
    section: 'Who may scrape',
    about:
      'Bearer tokens, any of which lets in, with spaces or commas between them; at least 16 characters each. Several, so that one can be replaced while it is in use.',
    parse: bearerTokens,
    absent: 'none, or those in the secret',
    sensitive: true,
  }),
  VCC_SCRAPE_USERS: setting({
    section: 'Who may scrape',
    about:
      'Pairs `name:password` for HTTP Basic, any of which lets in, with spaces between them; passwords of at least 16 characters without spaces.',
    parse: basicUsers,
    absent: 'none, or those in the secret',
    sensitive: true,
  }),
  VCC_SCRAPE_HOSTS: setting({
    section: 'Who may scrape',
    about:
      'Names with a dot by which `vcc-exporter serve` may be reached while it needs no credentials, with spaces or commas between them. IP addresses and names without a dot always work. Any other name in a request may belong to a website that wants to read the metrics in a browser (DNS rebinding), and is answered with 403.',
    parse: hostNames,
    absent: 'none',
  }),
  VCC_PAGE_SIZE: setting({
    section: 'Reading',
    field: 'page_size',
    about:
      'Agents per page asked for (`limit`). By default the most that the API allows, so that most accounts are one request per scrape. If the API refuses it, or takes too long for it, 1000 and then the API’s own size are tried, for an hour.',
    parse: wholeNumber(1, 5000),
    fallback: '5000',
  }),
  VCC_PAGE_CONCURRENCY: setting({
    section: 'Reading',
    field: 'page_concurrency',
    about:
      'Pages of an account asked for at once, at most `VCC_CONCURRENCY`. If it is not set, an account starts with 10 and rises to `VCC_CONCURRENCY`. A 429 halves it in both cases.',
    parse: wholeNumber(1, 10_000),
    absent: '10 at first, then up to `VCC_CONCURRENCY`',
  }),
  VCC_TIMEOUT: setting({
    section: 'Reading',
    field: 'timeout',
    about:
      'Longest a scrape may take. The scraper’s own timeout and a Lambda’s time left can only shorten it.',
    parse: duration(100, 900_000),
    fallback: '20s',
  }),
  VCC_REQUEST_TIMEOUT: setting({
    section: 'Reading',
    field: 'request_timeout',
    about: 'Longest one HTTP request may take before it counts as failed and is repeated.',
    parse: duration(50, 900_000),
    fallback: '5s',
  }),
  VCC_RETRIES: setting({
    section: 'Reading',
    field: 'retries',
    about:
      'Repeats of a request after a network error, 408 or 5xx, within the time there is. A 429 is not repeated.',
    parse: wholeNumber(0, 20),
    fallback: '3',
  }),
  VCC_CACHE_TTL: setting({
    section: 'Reading',
    field: 'cache_ttl',
    about:
      'Serve a snapshot again for this long (several Prometheus servers, one read); 0 is off. The API itself allows 5 s.',
    parse: duration(0, 3_600_000),
    fallback: '0s',
  }),
  VCC_MAX_PAGES: setting({
    section: 'Reading',
    field: 'max_pages',
    about: 'More pages than this are taken for a fault of the API.',
    parse: wholeNumber(1, 100_000),
    fallback: '2000',
  }),
  VCC_MAX_BODY_BYTES: setting({
    section: 'Reading',
    field: 'max_body_bytes',
    about:
      'A larger answer, compressed or not, is refused. All answers of one read together, and all answers that are read at the same time, may have eight times as much, and at least 268 MB.',
    parse: wholeNumber(1000, 500_000_000),
    fallback: '33554432',
  }),
  VCC_MAX_FLAWED_AGENTS: setting({
    section: 'Reading',
    field: 'max_flawed_agents',
    about:
      'Per cent of the agents that may have values that are missing or of a wrong kind (docs/decisions/0003-absent-fields.md); with more, the scrape fails with the reason `shape`. At least one agent may, unless it is 0.',
    parse: wholeNumber(0, 100),
    fallback: '5',
  }),
  VCC_AGE_BOUNDS: setting({
    section: 'Metrics',
    about:
      'Bounds, in seconds, of the metrics that end in `_longer_than`: each has a count for each bound. Keep the bounds that the alerts use, or VccBoundMissing fires.',
    parse: bounds,
    fallback: '30,60,300,600,900,1200,1800,3600,4500,7200',
  }),
  VCC_MAX_DESCRIPTIONS: setting({
    section: 'Metrics',
    about:
      'Pairs of presence and description with a series of their own; the rest is added up under `other` and counted in `vcc_descriptions_folded`.',
    parse: wholeNumber(0, 10_000),
    fallback: '50',
  }),
  VCC_KNOWN_VALUES: setting({
    section: 'Metrics',
    field: 'known_values',
    about:
      'Words that the API reference does not name, and that `vcc_unknown_values` must not count: `field=word` with commas between them, as in `state=Fault,medium=Fax`. Fields: `presence`, `state`, `reason`, `direction`, `medium`, `medium_manager`.',
    parse: knownValues,
    absent: 'none',
  }),
  VCC_SEMANTICS: setting({
    section: 'Metrics',
    field: 'semantics',
    about:
      'Answers to what the API reference leaves open, as `vcc-exporter calibrate` prints them: `question=answer` with commas between them, as in `since_in_wrap=continues,workload_falls_phone=when_wrap_begins`. docs/use/calibrate.md has the questions.',
    parse: semantics,
    absent: 'no answers',
  }),
  VCC_AGENT_METRICS: setting({
    section: 'Single agents',
    field: 'agent_metrics',
    about:
      'Series of single agents, about nine for each: `off`; `hashed`, with a keyed hash (HMAC-SHA256) in the label `agent_id`; or `ids`, with the id as the API gives it.',
    parse: oneOf(['off', 'hashed', 'ids']),
    fallback: 'off',
  }),
  VCC_AGENT_KEY: setting({
    section: 'Single agents',
    field: 'agent_key',
    about:
      'Key of the hashes, at least 16 characters. With another key every agent becomes another series, so keep it.',
    parse: hashKey,
    absent: '`agentKey` in the secret',
    sensitive: true,
  }),
  VCC_AGENT_LIMIT: setting({
    section: 'Single agents',
    field: 'agent_limit',
    about:
      'Agents per account with series of their own: the first ones by id, so that the choice is stable. The series of the others are counted in `vcc_series_dropped`.',
    parse: wholeNumber(0, 1_000_000),
    fallback: '1000',
  }),
  VCC_AGENT_LOGGED_OUT: setting({
    section: 'Single agents',
    field: 'agent_logged_out',
    about:
      'Whether agents who are LoggedOut have series too: `exclude` or `include`. The API goes on returning agents who left years ago.',
    parse: oneOf(['exclude', 'include']),
    fallback: 'exclude',
  }),
  VCC_AGENT_INCLUDE: setting({
    section: 'Single agents',
    field: 'agent_include',
    about:
      'Only these agents: a regular expression (RE2, as in Prometheus) that matches all of the id, or `column=expression` for a column of the roster, as in `team=Sales|Support`.',
    parse: agentPattern,
    absent: 'all',
  }),
  VCC_AGENT_EXCLUDE: setting({
    section: 'Single agents',
    field: 'agent_exclude',
    about: 'Not these agents; written like `VCC_AGENT_INCLUDE`, and stronger.',
    parse: agentPattern,
    absent: 'none',
  }),
  VCC_ROSTER: setting({
    section: 'Teams and names',
    field: 'roster',
    about:
      'Who is in which team: a CSV or YAML file, an object in S3 (`s3://bucket/key`), or `users-api` for VCC’s own User Admin API (credentials with the scope `users:read`). docs/use/teams.md has the forms.',
    parse: rosterSource,
    absent: 'no teams',
  }),
  VCC_ROSTER_LABELS: setting({
    section: 'Teams and names',
    field: 'roster_labels',
    about:
      'Columns of the roster that become labels of `vcc_agent_info`, with commas between them. `name` is only there if it is listed here, and not together with hashed ids.',
    parse: labelNames,
    fallback: 'team,site',
  }),
  VCC_ROSTER_TTL: setting({
    section: 'Teams and names',
    field: 'roster_ttl',
    about: 'How long a roster is used before it is read again. While it cannot be read, the last one serves.',
    parse: duration(1000, 604_800_000),
    fallback: '1h',
  }),
  VCC_MAX_TEAMS: setting({
    section: 'Teams and names',
    about:
      'Teams per account with series of their own, about 19 for each; the rest is added up under `other` and counted in `vcc_teams_folded`.',
    parse: wholeNumber(0, 10_000),
    fallback: '100',
  }),
  ...pushSettings,
  ...destinationSettings,
  HOST: setting({
    section: 'Local server',
    about: 'Address that `vcc-exporter serve` listens on; `0.0.0.0` is everywhere.',
    parse: text,
    fallback: '127.0.0.1',
  }),
  PORT: setting({
    section: 'Local server',
    about: 'Port that `vcc-exporter serve` listens on; 0 is any free one.',
    parse: wholeNumber(0, 65_535),
    fallback: '9754',
  }),
} as const;

type Table = typeof settings;
type Value<S> = S extends { parse: Parse<infer T>; fallback: infer D }
  ? D extends string
    ? T
    : T | undefined
  : never;

/** All settings, parsed, by the name of their environment variable. */
export type Settings = { readonly [Name in keyof Table]: Value<Table[Name]> };

/** Name of a setting. */
export type SettingName = keyof Table;
