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
/** Peak memory above this share of the function's memory is too tight. */
const fullAt = 0.9;
/** Alarms of a stack without and with push; a test counts them in the template. */
const alarms = { scrapes: 3, push: 10 };

const figures = JSON.parse(readFileSync(new URL('../bench/cost.json', import.meta.url), 'utf8')) as {
  node: string;
  latencyMs: number;
  pageSize: number;
  series: number;
  coldMs: number;
  scrapes: Scrape[];
  queues: QueueScrapes[];
};

interface Usage {
  wallMs: number;
  cpuMs: number;
  peakMb: number;
  answerBytes: number;
}

interface Scrape extends Usage {
  agents: number;
  memoryMb: number;
}

/** Scrapes without and with queues. `due`: with a read of queue times. `kept`: without. */
interface QueueScrapes {
  agents: number;
  memoryMb: number;
  ongoing: number;
  queueTimes: number;
  off: Usage;
  kept: Usage;
  due: Usage;
}

/**
 * Time that is billed for one scrape: the measured waiting time, plus the CPU time divided by the
 * share of a CPU that the memory gives.
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

/** What deliver is billed for one batch; assumed. */
const deliverMs = 300;
/** How often Lambda polls an empty queue: five pollers that wait for 20 seconds each. */
const idlePollsPerMinute = 15;

/**
 * What a month of pushing costs: a period of a minute, one destination, with the queue. Most of it
 * is waiting.
 */
function pushMonth(scrape: Scrape, intervalSeconds: number): { dollars: number; withFree: number } {
  const minutes = hoursPerMonth * 60;
  const perMinute = 60 / intervalSeconds;
  const busySeconds = 60 - intervalSeconds + billedMs(scrape) / 1000;
  const batches = minutes * perMinute;
  const gbSeconds = ((minutes * busySeconds + (batches * deliverMs) / 1000) * scrape.memoryMb) / 1024;
  const requests = minutes + batches;
  // Each batch is sent, received and deleted.
  const sqs = batches * 3 + minutes * idlePollsPerMinute;
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

/** The default of VCC_QUEUE_INTERVAL in seconds. */
const queueIntervalSeconds = 60;

/** The mean of a scrape with queues, of which some read queue times. */
function withQueues({ agents, memoryMb, kept, due }: QueueScrapes, intervalSeconds: number): Scrape {
  const share = Math.min(1, intervalSeconds / queueIntervalSeconds);
  const mean = (field: keyof Usage) => kept[field] + (due[field] - kept[field]) * share;
  return {
    agents,
    memoryMb,
    wallMs: mean('wallMs'),
    cpuMs: mean('cpuMs'),
    peakMb: Math.max(kept.peakMb, due.peakMb),
    answerBytes: mean('answerBytes'),
  };
}

/** Requests to the API in a month: agents (pages of 5,000), ongoing interactions, queue times. */
function queueRequests(intervalSeconds: number): { off: number; on: number } {
  const off = (hoursPerMonth * 3600) / intervalSeconds;
  return { off, on: 2 * off + (hoursPerMonth * 3600) / Math.max(queueIntervalSeconds, intervalSeconds) };
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

  const queueRows = figures.queues.flatMap((each) => {
    const { agents, memoryMb, ongoing, queueTimes, off, kept, due } = each;
    const tooTight = Math.max(kept.peakMb, due.peakMb) > memoryMb * fullAt;
    const ofScrape = { agents, memoryMb };
    const cost = (scrapeAt: (seconds: number) => Scrape, tight: boolean) =>
      intervals.map((seconds) => {
        const { dollars: full, withFree } = month(scrapeAt(seconds), seconds);
        return tight ? '–' : `${dollars(full)} (${dollars(withFree)})`;
      });
    const numbers = (values: number[]) => values.map((value) => `${value}`).join(' / ');
    return [
      row(
        agents.toLocaleString('en-US'),
        memoryMb,
        'off',
        `${off.cpuMs} ms`,
        `${off.wallMs} ms`,
        `${off.peakMb} MB`,
        ...cost(() => ({ ...ofScrape, ...off }), off.peakMb > memoryMb * fullAt),
      ),
      row(
        agents.toLocaleString('en-US'),
        memoryMb,
        `${ongoing.toLocaleString('en-US')} + ${queueTimes.toLocaleString('en-US')}`,
        `${numbers([kept.cpuMs, due.cpuMs])} ms`,
        `${numbers([kept.wallMs, due.wallMs])} ms`,
        `${Math.max(kept.peakMb, due.peakMb)} MB${tooTight ? ': too tight' : ''}`,
        ...cost((seconds) => withQueues(each, seconds), tooTight),
      ),
    ];
  });
  const requestRows = intervals.map((seconds) => {
    const { off, on } = queueRequests(seconds);
    return row(
      `every ${seconds} s`,
      Math.round(off).toLocaleString('en-US'),
      Math.round(on).toLocaleString('en-US'),
    );
  });

  const typical = scrapes.find(({ agents, memoryMb }) => agents === 1000 && memoryMb === 256)!;
  const reads = (hoursPerMonth * 3600) / 300;
  const secret = prices.secretPerMonth + reads * prices.secretPerRead;
  const alternatives: [string, number, string][] = [
    [
      'this exporter, 1,000 agents, 30 s, 256 MB',
      month(typical, 30).dollars + secret,
      "with the secret, without Lambda's free tier; the alarms are in CloudWatch's free tier",
    ],
    [
      'an always-on Fargate task',
      hoursPerMonth * (0.25 * prices.fargatePerVcpuHour + 0.5 * prices.fargatePerGbHour + prices.ipv4PerHour),
      '0.25 vCPU, 0.5 GB, arm64, a public IPv4 address; no load balancer',
    ],
    [
      'a small EC2 instance that polls',
      hoursPerMonth * (prices.t4gNanoPerHour + prices.ipv4PerHour) + 8 * prices.gp3PerGbMonth,
      't4g.nano, 8 GB gp3, a public IPv4 address; you patch it yourself',
    ],
    [
      'CloudWatch custom metrics',
      figures.series * prices.metricPerMonth,
      `${figures.series} series of one account as metrics; plus whatever collects them`,
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

On Lambda, a month of scrapes of one account every 30 s costs about ${dollars(month(typical, 30).withFree + secret)} with Lambda's free tier:
${dollars(secret)} for the secret, the rest for logs and outbound traffic. The free tier is one million requests and 400,000 GB-seconds a
month, for every AWS account, without an end date.

This page is computed: \`npm run bench:cost\` measures, and \`npm run generate\` multiplies by AWS's prices (scripts/cost-page.ts).

## A month of scrapes

The table shows what a scrape uses, and US dollars a month by interval. In brackets: what you pay after the
free tier, if nothing else uses the free tier.

| Agents | Memory (MB) | CPU | Wall | Peak memory | Billed ms | every 15 s | every 30 s | every 60 s |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

Not in that table:

| What | a month | |
| --- | --- | --- |
| the secret | ${dollars(prices.secretPerMonth)} | |
| reads of the secret | ${dollars(reads * prices.secretPerRead)} | one in 5 minutes |
| ${alarms.scrapes} alarms | ${dollars(alarms.scrapes * prices.alarmPerMonth)} | 10 are in CloudWatch's free tier; \`alarms=false\` creates none |
| ${alarms.push} alarms, with push | ${dollars(alarms.push * prices.alarmPerMonth)} | 10 are in CloudWatch's free tier |
| \`endpoint=http-api\` | $1.00 | per million requests |

More memory makes scrapes shorter but never cheaper. **256 MB is the default**: it is enough for all of these accounts.

## With queues

\`VCC_QUEUES\` needs no other function or resource. The table shows the same account without and with queues, measured in turn
(\`npm run bench:cost -- queues\`). Lists are ongoing interactions + queue times of the window. Two figures are a scrape that uses the
queue times of an earlier one, and a scrape that reads them (once in \`VCC_QUEUE_INTERVAL\`, 60 s).

| Agents | Memory (MB) | Lists | CPU | Wall | Peak memory | every 15 s | every 30 s | every 60 s |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${queueRows.join('\n')}

Requests to VCC in a month, for up to 5,000 agents, interactions and queue times each. They share the account's fair-use budget:

| Scrapes | Without queues | With queues |
| --- | --- | --- |
${requestRows.join('\n')}

\`VCC_SKILLS\` adds one request for the list of skills and one or more for each skill, once in \`VCC_ROSTER_TTL\` and at each cold start.

## A month of pushing

The table shows the cost with a queue, one account, one destination and a schedule of one minute ([push.md](../run/push.md)). With several
scrapes in a minute, the function waits between them, and waiting is billed. So every 60 s is cheapest by far. Outbound traffic to a
destination outside AWS is extra.

| Agents | Memory (MB) | every 15 s | every 30 s | every 60 s |
| --- | --- | --- | --- | --- |
${pushRows.join('\n')}

## Alternatives

The table compares the exporter with other ways to collect the same numbers.

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

- CPU, wall and peak memory are medians of warm scrapes of the deployed zip, under Lambda's runtime client (aws-lambda-ric) on
  ${figures.node}.
- The machine was our own (x86-64, whole cores), not Lambda, whose arm64 cores may be faster or slower.
- The CPU time of all scrapes together is measured in steps of 10 ms, then divided by their number.
- Each answer of the API is assumed to take ${figures.latencyMs} ms. Pages have ${figures.pageSize.toLocaleString('en-US')} agents here (the default is 5,000) and are
  requested at the same time. A slower API is billed as waiting: each 100 ms more at 256 MB and 30 s costs ${dollars((((hoursPerMonth * 3600) / 30) * 0.1 * 256 * prices.lambdaPerGbSecond) / 1024)} a month.
- There are ${coldStartsPerDay} cold starts a day. Each takes ${figures.coldMs - figures.latencyMs} ms longer than a warm scrape. AWS bills cold starts since August 2025. A function
  that is scraped every minute mostly stays warm.
- "Too tight" is a peak memory above ${fullAt * 100} % of the function's. Lambda's own overhead is not included.
- For pushing, these are assumed:
  - ${deliverMs} ms billed for each batch that **deliver** sends
  - ${idlePollsPerMinute} polls a minute of an empty queue
  - three requests to SQS for each batch ($${(prices.sqsFifoPerRequest * 1e6).toFixed(2)} per million)
  - one object read from S3 and one written each minute ($${(prices.s3PerGet * 1e6).toFixed(2)} and $${(prices.s3PerPut * 1e6).toFixed(0)} per million)
- With several Prometheus servers, multiply the scrapes. \`VCC_CACHE_TTL\` saves requests to VCC, not invocations.
- Prices: us-east-1, on demand, arm64, as published in March 2026. This is not a quotation.
`;
}
