import { readFileSync } from 'node:fs';

/**
 * AWS's public on-demand prices in US dollars for us-east-1, as of 2026-03. Other regions differ by
 * a few per cent.
 */
const prices = {
  lambdaPerRequest: 0.2 / 1e6,
  /** arm64, the first tier. */
  lambdaPerGbSecond: 0.000_013_333_4,
  logsPerGb: 0.5,
  transferOutPerGb: 0.09,
  secretPerMonth: 0.4,
  secretPerRead: 0.05 / 10_000,
  alarmPerMonth: 0.1,
  fargatePerVcpuHour: 0.032_38,
  fargatePerGbHour: 0.003_56,
  ipv4PerHour: 0.005,
  t4gNanoPerHour: 0.0042,
  gp3PerGbMonth: 0.08,
  metricPerMonth: 0.3,
  sqsFifoPerRequest: 0.5 / 1e6,
  s3PerPut: 5 / 1e6,
  s3PerGet: 0.4 / 1e6,
} as const;
const free = { requests: 1e6, gbSeconds: 400_000, sqsRequests: 1e6 };

const hoursPerMonth = 730;
/** Memory at which a function has one whole vCPU. */
const wholeVcpuMb = 1769;
/** Lines that Lambda itself writes per invocation: START, END, REPORT. */
const logBytes = 450;
const coldStartsPerDay = 12;
/** The largest share of memory that a function may use with enough to spare. */
const fullAt = 0.9;
/**
 * The numbers of alarms in a stack without and with push. A test compares them with the template.
 */
const alarms = { scrapes: 3, push: 10 };

const figures = JSON.parse(readFileSync(new URL('../bench/cost.json', import.meta.url), 'utf8')) as {
  node: string;
  latencyMs: number;
  pageSize: number;
  series: number;
  coldMs: number;
  scrapes: Scrape[];
};

interface Scrape {
  agents: number;
  memoryMb: number;
  wallMs: number;
  cpuMs: number;
  peakMb: number;
  answerBytes: number;
}

/**
 * Returns the time billed for one scrape: the measured wait, plus the CPU time divided by the vCPU
 * share of this memory size.
 */
function billedMs({ wallMs, cpuMs, memoryMb }: Scrape): number {
  return Math.ceil(Math.max(0, wallMs - cpuMs) + cpuMs / share(memoryMb));
}

function share(memoryMb: number): number {
  return Math.min(1, memoryMb / wholeVcpuMb);
}

/** Returns the cost of a month of scrapes, before and after the free tier of Lambda. */
function month(scrape: Scrape, intervalSeconds: number): { dollars: number; withFree: number } {
  const scrapes = (hoursPerMonth * 3600) / intervalSeconds;
  const coldStarts = (coldStartsPerDay * hoursPerMonth) / 24;
  const coldSeconds = (coldStarts * (figures.coldMs - figures.latencyMs)) / 1000 / share(scrape.memoryMb);
  const seconds = (scrapes * billedMs(scrape)) / 1000 + coldSeconds;
  const gbSeconds = (seconds * scrape.memoryMb) / 1024;
  const rest =
    (scrapes * logBytes * prices.logsPerGb + scrapes * scrape.answerBytes * prices.transferOutPerGb) / 1e9;
  const cost = (requests: number, gbs: number) =>
    requests * prices.lambdaPerRequest + gbs * prices.lambdaPerGbSecond + rest;
  return {
    dollars: cost(scrapes, gbSeconds),
    withFree: cost(Math.max(0, scrapes - free.requests), Math.max(0, gbSeconds - free.gbSeconds)),
  };
}

/** The assumed billed time of deliver for one sample. */
const deliverMs = 300;
/** How often Lambda polls an empty queue: five pollers that wait 20 seconds each. */
const idlePollsPerMinute = 15;

/**
 * Returns the cost of a month of push with a period of a minute, one destination and the queue.
 * Most of it is waiting.
 */
function pushMonth(scrape: Scrape, intervalSeconds: number): { dollars: number; withFree: number } {
  const minutes = hoursPerMonth * 60;
  const perMinute = 60 / intervalSeconds;
  const busySeconds = 60 - intervalSeconds + billedMs(scrape) / 1000;
  const samples = minutes * perMinute;
  const gbSeconds = ((minutes * busySeconds + (samples * deliverMs) / 1000) * scrape.memoryMb) / 1024;
  const requests = minutes + samples;
  // Each sample needs a send, a receive and a delete.
  const sqs = samples * 3 + minutes * idlePollsPerMinute;
  const rest = (requests * logBytes * prices.logsPerGb) / 1e9 + minutes * (prices.s3PerGet + prices.s3PerPut);
  const cost = (calls: number, gbs: number, messages: number) =>
    calls * prices.lambdaPerRequest +
    gbs * prices.lambdaPerGbSecond +
    messages * prices.sqsFifoPerRequest +
    rest;
  return {
    dollars: cost(requests, gbSeconds, sqs),
    withFree: cost(
      Math.max(0, requests - free.requests),
      Math.max(0, gbSeconds - free.gbSeconds),
      Math.max(0, sqs - free.sqsRequests),
    ),
  };
}

const dollars = (amount: number) => `$${amount.toFixed(2)}`;
const row = (...cells: (string | number)[]) => `| ${cells.join(' | ')} |`;

/** Returns docs/explain/cost.md, computed from bench/cost.json and the prices above. */
export function costPage(notice: string): string {
  const intervals = [15, 30, 60];
  const { scrapes } = figures;
  const rows = scrapes.map((scrape) => {
    const { agents, memoryMb, wallMs, cpuMs, peakMb } = scrape;
    const tight = peakMb > memoryMb * fullAt;
    const cells = intervals.map((seconds) => {
      const { dollars: full, withFree } = month(scrape, seconds);
      return tight ? '–' : `${dollars(full)} (${dollars(withFree)})`;
    });
    const memory = tight ? `${peakMb} MB: too tight` : `${peakMb} MB`;
    return row(
      agents.toLocaleString('en-US'),
      memoryMb,
      `${cpuMs} ms`,
      `${wallMs} ms`,
      memory,
      billedMs(scrape),
      ...cells,
    );
  });

  const typical = scrapes.find(({ agents, memoryMb }) => agents === 1000 && memoryMb === 256)!;
  const reads = (hoursPerMonth * 3600) / 300;
  const secret = prices.secretPerMonth + reads * prices.secretPerRead;
  const alternatives: [string, number, string][] = [
    [
      'this exporter, 1,000 agents, 30 s, 256 MB',
      month(typical, 30).dollars + secret,
      'with the secret, without Lambda’s free tier; the alarms are within CloudWatch’s',
    ],
    [
      'an always-on Fargate task',
      hoursPerMonth * (0.25 * prices.fargatePerVcpuHour + 0.5 * prices.fargatePerGbHour + prices.ipv4PerHour),
      '0.25 vCPU, 0.5 GB, arm64, a public IPv4 address; no load balancer',
    ],
    [
      'a small EC2 instance that polls',
      hoursPerMonth * (prices.t4gNanoPerHour + prices.ipv4PerHour) + 8 * prices.gp3PerGbMonth,
      't4g.nano, 8 GB gp3, a public IPv4 address; yours to patch',
    ],
    [
      'CloudWatch custom metrics',
      figures.series * prices.metricPerMonth,
      `${figures.series} series of one account as metrics; besides what collects them`,
    ],
  ];

  const pushRows = scrapes
    .filter(({ memoryMb, peakMb }) => peakMb <= memoryMb * fullAt)
    .map((scrape) =>
      row(
        scrape.agents.toLocaleString('en-US'),
        scrape.memoryMb,
        ...intervals.map((seconds) => {
          const { dollars: full, withFree } = pushMonth(scrape, seconds);
          return `${dollars(full)} (${dollars(withFree)})`;
        }),
      ),
    );

  return `${notice}
# What it costs

On Lambda a month of scrapes costs less than a coffee, and mostly nothing: Lambda's free tier (one million requests and
400,000 GB-seconds a month, for every AWS account, without end) covers all of it but the logs and the answers’ way out of
AWS. This page is computed: \`npm run bench:cost\` measures, \`npm run generate\` multiplies by AWS's prices
(scripts/cost-page.ts).

## A month of scrapes

US dollars, and in brackets what remains after the free tier if nothing else uses it.

| Agents | Memory (MB) | CPU | Wall | Peak memory | Billed ms | every 15 s | every 30 s | every 60 s |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Not in the table, per month: the secret ${dollars(prices.secretPerMonth)} and its reads, one in 5 minutes, ${dollars(reads * prices.secretPerRead)}; ${alarms.scrapes} alarms ${dollars(alarms.scrapes * prices.alarmPerMonth)}, ${alarms.push} with push ${dollars(alarms.push * prices.alarmPerMonth)} (CloudWatch's free tier has 10; \`alarms=false\` makes none); with \`endpoint=http-api\` $1.00 per million requests.

More memory makes a scrape shorter and never cheaper. **256 MB is the default**: it has room for all of these.

## A month of pushing

With a queue, one account and one destination, a schedule of a minute ([push.md](../run/push.md)). Several samples in a minute mean that the
function waits between them, and waiting is billed: every 60 s is cheapest by far. A receiver outside AWS costs the way out of it too.

| Agents | Memory (MB) | every 15 s | every 30 s | every 60 s |
| --- | --- | --- | --- | --- |
${pushRows.join('\n')}

## Beside the alternatives

| What | a month | |
| --- | --- | --- |
${alternatives.map(([what, amount, note]) => row(what, dollars(amount), note)).join('\n')}

## Formula and assumptions

\`\`\`
billed ms  = (wall - CPU) + CPU / share          share = min(1, memory / ${wholeVcpuMb} MB)
GB-seconds = (scrapes × billed ms + cold starts × cold ms / share) / 1000 × memory / 1024
dollars    = scrapes × $0.20 / 1,000,000 + GB-seconds × $${prices.lambdaPerGbSecond.toFixed(10)}
           + scrapes × (${logBytes} bytes of log × $${prices.logsPerGb.toFixed(2)} + bytes of answer × $${prices.transferOutPerGb.toFixed(2)}) / 1e9
scrapes    = ${hoursPerMonth} h × 3600 / interval
\`\`\`

- CPU, wall and peak memory are medians of warm scrapes of the deployed zip under Lambda's runtime client (aws-lambda-ric) on
  ${figures.node}, on a machine of our own (x86-64) with whole cores: not on Lambda, whose arm64 cores may be faster or slower. CPU
  counts in steps of 10 ms over all scrapes together.
- Every answer of the API is assumed to take ${figures.latencyMs} ms, ${figures.pageSize.toLocaleString('en-US')} agents a page, pages asked for at once. A slower API
  is billed as waiting: each 100 ms more at 256 MB and 30 s costs ${dollars((((hoursPerMonth * 3600) / 30) * 0.1 * 256 * prices.lambdaPerGbSecond) / 1024)} a month.
- ${coldStartsPerDay} cold starts a day of ${figures.coldMs - figures.latencyMs} ms each beyond a warm scrape; since August 2025 the start is billed too. A function
  that is scraped every minute mostly stays warm.
- Peak memory above ${fullAt * 100}% of the function's is called too tight. Lambda's own overhead is not in it.
- Pushing: deliver is assumed to be billed ${deliverMs} ms for each sample, Lambda to ask an empty queue ${idlePollsPerMinute} times a minute, three requests to SQS
  for each sample ($${(prices.sqsFifoPerRequest * 1e6).toFixed(2)} per million), one object read from S3 and written back each minute ($${(prices.s3PerGet * 1e6).toFixed(2)} and $${(prices.s3PerPut * 1e6).toFixed(0)} per million).
- Several Prometheus servers multiply the scrapes; \`VCC_CACHE_TTL\` saves requests to VCC, not invocations.
- Prices: us-east-1, on demand, arm64, as published in March 2026. Not a quotation.
`;
}
