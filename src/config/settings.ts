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
import { queueSettings } from './queue-settings.ts';
import { setting } from './setting.ts';

/**
 * Every setting, by the name of its environment variable. docs/reference/settings.md is generated
 * from this table.
 */
export const settings = {
  VCC_ACCOUNT: setting({
    section: 'Account',
    field: 'name',
    about: 'Name of the account: the value of the label `account` of every series.',
    parse: labelValue,
    absent: '`default`',
  }),
  VCC_CLIENT_ID: setting({
    section: 'Account',
    field: 'client_id',
    about:
      'Client id of API credentials with the scope `stats`. You create them in the VCC Admin Portal under Account Settings, API Credentials.',
    parse: credential('the client id'),
    absent: 'from the secret (`VCC_SECRET_ID`) or the list of accounts (`VCC_CONFIG`)',
    sensitive: true,
  }),
  VCC_CLIENT_SECRET: setting({
    section: 'Account',
    field: 'client_secret',
    about: 'Client secret of these credentials.',
    parse: secret('the client secret'),
    absent: 'as above',
    sensitive: true,
  }),
  VCC_REGION: setting({
    section: 'Account',
    field: 'region',
    about:
      'Region of the account: `emea`, `nam` or `apac`. It is the first part of the address where you log in, as in `emea.newvoicemedia.com`.',
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
    about: 'Address of the token endpoint. It overrides the address of the region.',
    parse: httpUrl,
    absent: 'the address of the region',
    sensitive: true,
  }),
  VCC_API_URL: setting({
    section: 'Account',
    field: 'api_url',
    about:
      'Base address of the API. It overrides the address of the region. The exporter appends `/stats/agent-status` to it.',
    parse: httpUrl,
    absent: 'the address of the region',
    sensitive: true,
  }),
  VCC_TOKEN_AUTH: setting({
    section: 'Account',
    field: 'token_auth',
    about:
      'How the exporter sends the credentials to the token endpoint: in the form (`body`), or as HTTP Basic (`basic`).',
    parse: oneOf(['body', 'basic']),
    fallback: 'body',
  }),
  VCC_CONFIG: setting({
    section: 'Several accounts',
    about:
      'Several accounts: a YAML file, an object in S3 (`s3://bucket/key`), or the list itself as YAML or JSON. docs/run/accounts.md describes the format. If an account lacks a field, the setting on this page applies.',
    parse: configSource,
    absent: 'one account, from the settings on this page',
    sensitive: true,
  }),
  VCC_CONCURRENCY: setting({
    section: 'Several accounts',
    about:
      'Maximum number of HTTP requests to the API at the same time, for all accounts together. Accounts whose last read failed share a quarter of these. With `VCC_QUEUES`, up to a quarter as many requests about queues are sent in addition.',
    parse: wholeNumber(1, 10_000),
    fallback: '100',
  }),
  VCC_SECRET_ID: setting({
    section: 'Secrets Manager',
    field: 'secret_id',
    about:
      'Name or ARN of a secret in AWS Secrets Manager. It contains the API credentials, and optionally scrape credentials, as JSON. It replaces `VCC_CLIENT_ID` and `VCC_CLIENT_SECRET`. docs/run/aws.md describes the format.',
    parse: secretId,
    absent: 'no secret is read',
  }),
  VCC_SECRET_TTL: setting({
    section: 'Secrets Manager',
    about:
      'How long the exporter uses the secret before it reads it again. It also reads the secret immediately if a value is missing or API credentials are rejected. New scrape credentials apply only after this time.',
    parse: duration(1000, 86_400_000),
    fallback: '5m',
  }),
  VCC_SECRET_PENDING: setting({
    section: 'Secrets Manager',
    about:
      'Whether the exporter may try the version `AWSPENDING` of the secret after the current credentials were rejected: `never` or `when-rejected`. Use `when-rejected` if your rotation changes the credentials at Vonage before it moves the label `AWSCURRENT`.',
    parse: oneOf(['never', 'when-rejected']),
    fallback: 'never',
  }),
  VCC_SCRAPE_AUTH: setting({
    section: 'Who may scrape',
    about:
      'What a scrape needs: `credentials` (a scrape token, or user name and password), `iam` (an IAM signature that AWS checks; only on Lambda), or `none` (everyone who can reach the address may scrape).',
    parse: oneOf(['credentials', 'iam', 'none']),
    absent: 'on Lambda `credentials`; elsewhere `credentials` if any are set, else `none`',
  }),
  VCC_SCRAPE_TOKENS: setting({
    section: 'Who may scrape',
    about:
      'Scrape tokens, separated by spaces or commas, of at least 16 characters each. A scrape needs one of them as its bearer token. With two tokens you can replace one while the other is in use.',
    parse: bearerTokens,
    absent: 'none, or those in the secret',
    sensitive: true,
  }),
  VCC_SCRAPE_USERS: setting({
    section: 'Who may scrape',
    about:
      'Pairs `name:password` for HTTP Basic, separated by spaces. A scrape needs one of them. A password has at least 16 characters and no space.',
    parse: basicUsers,
    absent: 'none, or those in the secret',
    sensitive: true,
  }),
  VCC_SCRAPE_HOSTS: setting({
    section: 'Who may scrape',
    about:
      'Further host names of `vcc-exporter serve`, separated by spaces or commas. Without scrape credentials, it answers only to IP addresses, names without a dot, and these names. To other names it answers 403: a website could use them to read the metrics in a browser (DNS rebinding).',
    parse: hostNames,
    absent: 'none',
  }),
  VCC_PAGE_SIZE: setting({
    section: 'Reading',
    field: 'page_size',
    about:
      "Agents per page (`limit`). The default is the maximum of the API, so most accounts need one request per scrape. If the API rejects this size or takes too long, the exporter tries 1000, then the API's own size. After an hour it tries `VCC_PAGE_SIZE` again.",
    parse: wholeNumber(1, 5000),
    fallback: '5000',
  }),
  VCC_PAGE_CONCURRENCY: setting({
    section: 'Reading',
    field: 'page_concurrency',
    about:
      'Maximum number of pages of an account that are requested at the same time; at most `VCC_CONCURRENCY`. If this is not set, an account starts with 10 and rises to `VCC_CONCURRENCY`. A 429 halves the number, whether this is set or not.',
    parse: wholeNumber(1, 10_000),
    absent: '10 at first, then up to `VCC_CONCURRENCY`',
  }),
  VCC_TIMEOUT: setting({
    section: 'Reading',
    field: 'timeout',
    about:
      'Longest time for a scrape. The timeout of Prometheus and the remaining time of the Lambda can only shorten it.',
    parse: duration(100, 900_000),
    fallback: '20s',
  }),
  VCC_REQUEST_TIMEOUT: setting({
    section: 'Reading',
    field: 'request_timeout',
    about: 'Longest time for one HTTP request. After this time the request counts as failed and is retried.',
    parse: duration(50, 900_000),
    fallback: '5s',
  }),
  VCC_RETRIES: setting({
    section: 'Reading',
    field: 'retries',
    about:
      'Maximum number of retries of a request after a network error, 408 or 5xx. They end at the deadline of the scrape. A 429 is not retried.',
    parse: wholeNumber(0, 20),
    fallback: '3',
  }),
  VCC_CACHE_TTL: setting({
    section: 'Reading',
    field: 'cache_ttl',
    about:
      'How long later scrapes get the same snapshot, so that several Prometheus servers need one read. 0 turns this off. The API allows clients to cache its answers for 5 s.',
    parse: duration(0, 3_600_000),
    fallback: '0s',
  }),
  VCC_MAX_PAGES: setting({
    section: 'Reading',
    field: 'max_pages',
    about: 'Maximum number of pages of an account. With more, the scrape fails with the reason `too_large`.',
    parse: wholeNumber(1, 100_000),
    fallback: '2000',
  }),
  VCC_MAX_BODY_BYTES: setting({
    section: 'Reading',
    field: 'max_body_bytes',
    about:
      'Largest answer in bytes, compressed or not. The exporter rejects larger answers. Two sums also have a limit: all answers of one read, and all answers that arrive at the same time. Each may have 268 MB or eight times this value, whichever is larger.',
    parse: wholeNumber(1000, 500_000_000),
    fallback: '33554432',
  }),
  VCC_MAX_FLAWED_AGENTS: setting({
    section: 'Reading',
    field: 'max_flawed_agents',
    about:
      'Maximum share of the agents, in per cent, that may have missing or invalid values. With more, the scrape fails with the reason `shape`. One of these agents is always allowed, unless this is 0. With VCC_QUEUES, it also limits the share of the interactions and of the queue times: then only that source fails. docs/decisions/0003-absent-fields.md explains it.',
    parse: wholeNumber(0, 100),
    fallback: '5',
  }),
  VCC_AGE_BOUNDS: setting({
    section: 'Metrics',
    about:
      'Bounds in seconds of the metrics that end in `_longer_than`. Each metric has one count per bound. Keep the bounds that the alerts use; otherwise VccBoundMissing fires.',
    parse: bounds,
    fallback: '30,60,300,600,900,1200,1800,3600,4500,7200',
  }),
  VCC_MAX_DESCRIPTIONS: setting({
    section: 'Metrics',
    about:
      'Maximum number of pairs of presence and description that have separate series. The exporter adds up the others under `other`, and counts them in `vcc_descriptions_folded`.',
    parse: wholeNumber(0, 10_000),
    fallback: '50',
  }),
  VCC_KNOWN_VALUES: setting({
    section: 'Metrics',
    field: 'known_values',
    about:
      'Further known words, besides those in the API reference; `vcc_unknown_values` does not count them. Write `field=word`, separated by commas, as in `state=Fault,medium=Fax`. Fields: `presence`, `state`, `reason`, `direction`, `medium`, `medium_manager`.',
    parse: knownValues,
    absent: 'none',
  }),
  VCC_SEMANTICS: setting({
    section: 'Metrics',
    field: 'semantics',
    about:
      'Answers to questions that the API reference leaves open: `question=answer`, separated by commas, as in `since_in_wrap=continues,workload_falls_phone=when_wrap_begins`. `vcc-exporter calibrate` prints the answers for your account. docs/use/calibrate.md has the questions.',
    parse: semantics,
    absent: 'no answers',
  }),
  VCC_AGENT_METRICS: setting({
    section: 'Single agents',
    field: 'agent_metrics',
    about:
      'Series for each agent, about nine per agent: `off`; `hashed`, with a keyed hash (HMAC-SHA256) in the label `agent_id`; or `ids`, with the id from the API.',
    parse: oneOf(['off', 'hashed', 'ids']),
    fallback: 'off',
  }),
  VCC_AGENT_KEY: setting({
    section: 'Single agents',
    field: 'agent_key',
    about:
      'Key of the hashes, at least 16 characters. Keep it: with another key every agent gets new series.',
    parse: hashKey,
    absent: 'none; `hashed` requires it here, or as `agentKey` in the secret',
    sensitive: true,
  }),
  VCC_AGENT_LIMIT: setting({
    section: 'Single agents',
    field: 'agent_limit',
    about:
      'Maximum number of agents per account that have separate series. If there are more agents, the first by id have them, so that the choice is stable. `vcc_series_dropped` counts the series of the others.',
    parse: wholeNumber(0, 1_000_000),
    fallback: '1000',
  }),
  VCC_AGENT_LOGGED_OUT: setting({
    section: 'Single agents',
    field: 'agent_logged_out',
    about:
      'Whether LoggedOut agents also have series: `exclude` or `include`. The API still returns agents who left years ago.',
    parse: oneOf(['exclude', 'include']),
    fallback: 'exclude',
  }),
  VCC_AGENT_INCLUDE: setting({
    section: 'Single agents',
    field: 'agent_include',
    about:
      'Agents to include: a regular expression (RE2, as in Prometheus) that matches the whole id. For a column of the roster write `column=expression`, as in `team=Sales|Support`.',
    parse: agentPattern,
    absent: 'all',
  }),
  VCC_AGENT_EXCLUDE: setting({
    section: 'Single agents',
    field: 'agent_exclude',
    about:
      'Agents to exclude, written like `VCC_AGENT_INCLUDE`. It takes precedence over `VCC_AGENT_INCLUDE`.',
    parse: agentPattern,
    absent: 'none',
  }),
  VCC_ROSTER: setting({
    section: 'Teams and names',
    field: 'roster',
    about:
      "Which agent is in which team: a CSV, YAML or JSON file, an object in S3 (`s3://bucket/key`), or `users-api` for VCC's User Admin API. That API needs credentials with the scope `users:read`. docs/use/teams.md describes the formats.",
    parse: rosterSource,
    absent: 'no teams',
  }),
  VCC_ROSTER_LABELS: setting({
    section: 'Teams and names',
    field: 'roster_labels',
    about:
      'Columns of the roster that become labels of `vcc_agent_info`, separated by commas. The column `name` must be listed here to become a label. It cannot be used with hashed ids.',
    parse: labelNames,
    fallback: 'team,site',
  }),
  VCC_ROSTER_TTL: setting({
    section: 'Teams and names',
    field: 'roster_ttl',
    about:
      'How long the exporter uses a roster before it reads it again. While that fails, it uses the last roster.',
    parse: duration(1000, 604_800_000),
    fallback: '1h',
  }),
  VCC_MAX_TEAMS: setting({
    section: 'Teams and names',
    about:
      'Maximum number of teams per account that have separate series, about 19 per team. The exporter adds up the others under `other`, and counts them in `vcc_teams_folded`.',
    parse: wholeNumber(0, 10_000),
    fallback: '100',
  }),
  ...queueSettings,
  ...pushSettings,
  ...destinationSettings,
  HOST: setting({
    section: 'Local server',
    about: 'Address that `vcc-exporter serve` listens on. `0.0.0.0` means all addresses of the machine.',
    parse: text,
    fallback: '127.0.0.1',
  }),
  PORT: setting({
    section: 'Local server',
    about: 'Port that `vcc-exporter serve` listens on. 0 means any free port.',
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
