import { readFileSync } from 'node:fs';

const figures = JSON.parse(readFileSync(new URL('../bench/scale.json', import.meta.url), 'utf8')) as {
  command: string;
  node: string;
  latencyMs: number;
  requestTimeoutMs: number;
  cases: Case[];
  troubles: { name: string; dead: number; first: Healthy; later: Healthy }[];
};

interface Case {
  accounts: number;
  agents: number;
  concurrency: number;
  singles: boolean;
  coldMs: number;
  wallMs: number;
  cpuMs: number;
  peakMb: number;
  series: number;
  requests: number;
  bytes: number;
  packedBytes: number;
}

interface Healthy {
  accounts: number;
  medianMs: number;
  maxMs: number;
}

/** Memory at which a function has one whole vCPU. */
const wholeVcpuMb = 1769;
const memories = [256, 512, 1024, wholeVcpuMb];
const limits = { lambda: 6_291_556, alb: 1_048_576 };
const secondsPerMonth = 730 * 3600;
/** The default limit of concurrent executions in one AWS account and region. */
const quota = 1000;

const find = (accounts: number, agents: number, concurrency = 50, singles = false): Case =>
  figures.cases.find(
    (each) =>
      each.accounts === accounts &&
      each.agents === agents &&
      each.concurrency === concurrency &&
      each.singles === singles,
  )!;

/** Returns the measured wait, plus the CPU time divided by the vCPU share of this memory size. */
function secondsAt({ wallMs, cpuMs }: Case, memoryMb: number): number {
  return (Math.max(0, wallMs - cpuMs) + cpuMs / Math.min(1, memoryMb / wholeVcpuMb)) / 1000;
}

/** Returns docs/explain/scale.md. */
export function scalePage(notice: string): string {
  const plain = figures.cases.filter(({ singles }) => !singles);
  const hundred = find(100, 100);
  const thousand = find(1000, 100);
  const [calm, , most] = figures.troubles;
  const perAccount = {
    bytes: hundred.bytes / 100,
    packed: hundred.packedBytes / 100,
    series: (hundred.series - 1) / 100,
  };
  const fitting = (limit: number, bytes: number, factor: number) =>
    String(Math.floor(limit / factor / bytes / 10) * 10);
  return `${notice}
# How far one exporter goes

\`/metrics\` reads all accounts in one scrape, \`/probe?target=\` one ([accounts.md](../run/accounts.md)). In short:

| Accounts (of some hundred agents each) | What to do |
| --- | --- |
| up to 100 | \`/metrics\`, one function with 512 MB: ${seconds(secondsAt(hundred, 512))} per scrape here |
| up to 300 | \`/metrics\` with 1024 MB and a \`scrape_timeout\` of 15 s or more; or \`/probe\` |
| more, or any that are slow or of great weight | \`/probe\` with \`http_sd_configs\`: one small scrape per account, none waits for another |
| a thousand and more | \`/probe\`; several deployments with a list each (by region, by team), so that a mistake in one list does not stop all |

Switch from \`/metrics\` to \`/probe\` when a scrape takes more than half of \`scrape_timeout\`, when one slow account makes
the scrape of the others late, or when the answer comes near the limits below.

## Measured

\`${figures.command}\` runs the deployed bundle (${figures.node}) against the simulator in another process, which takes ${figures.latencyMs} ms for every answer.
Warm scrapes with gzip, medians; "cold" is the first scrape of a process, with a token for each account. Requests at once: \`VCC_CONCURRENCY\`.
Pages had 1000 agents, the default at that time; with 5000, the default now, 10,000 agents are two requests in place of ten.

${table(
  [
    'accounts',
    'agents each',
    'at once',
    'requests',
    'cold',
    'warm',
    'CPU',
    'peak memory',
    'series',
    'answer',
    'gzipped',
  ],
  plain.map((each) => [
    String(each.accounts),
    String(each.agents),
    String(each.concurrency),
    String(each.requests),
    seconds(each.coldMs / 1000),
    seconds(each.wallMs / 1000),
    seconds(each.cpuMs / 1000),
    `${each.peakMb} MB`,
    String(each.series),
    bytes(each.bytes),
    bytes(each.packedBytes),
  ]),
)}

With series of single agents (\`VCC_AGENT_METRICS=ids\`, nobody left out):

${table(
  ['accounts', 'agents each', 'warm', 'CPU', 'peak memory', 'series', 'answer', 'gzipped'],
  figures.cases
    .filter(({ singles }) => singles)
    .map((each) => [
      String(each.accounts),
      String(each.agents),
      seconds(each.wallMs / 1000),
      seconds(each.cpuMs / 1000),
      `${each.peakMb} MB`,
      String(each.series),
      bytes(each.bytes),
      bytes(each.packedBytes),
    ]),
)}

## Time

A scrape takes about (requests / \`VCC_CONCURRENCY\`, rounded up) × the time of an answer, plus CPU. Lambda gives CPU by memory, a
whole one at ${wholeVcpuMb} MB: the waiting as measured, and the CPU stretched accordingly, give for a warm scrape

${table(
  ['accounts', 'agents each', ...memories.map((memory) => `${memory} MB`)],
  plain
    .filter(({ concurrency }) => concurrency === 50)
    .map((each) => [
      String(each.accounts),
      String(each.agents),
      ...memories.map((memory) =>
        each.peakMb > 0.9 * memory ? 'too little' : seconds(secondsAt(each, memory)),
      ),
    ]),
)}

"Too little" is where the peak above takes more than nine tenths of the memory. More requests at once shorten the waiting, not the CPU: a thousand accounts take ${seconds(thousand.wallMs / 1000)} with 50
and ${seconds(find(1000, 100, 200).wallMs / 1000)} with 200.

## Size of an answer

An account has ${perAccount.series.toFixed(0)} series here (about 300 on a busy floor), a team 22 more, a single agent about nine. A hundred accounts are ${hundred.series} series in
your time series database, a thousand ${thousand.series}, before teams and agents.

| Way in | Limit | Accounts in one \`/metrics\`, gzipped | Not gzipped |
| --- | --- | --- | --- |
| Function URL, HTTP API | 6 MB, base64 included | ${fitting(limits.lambda, perAccount.packed, 4 / 3)} | ${fitting(limits.lambda, perAccount.bytes, 1.1)} |
| REST API | 6 MB, never compressed | | ${fitting(limits.lambda, perAccount.bytes, 1.1)} |
| ALB | 1 MB, base64 included | ${fitting(limits.alb, perAccount.packed, 4 / 3)} | ${fitting(limits.alb, perAccount.bytes, 1.1)} |

An answer that is too large is a 500 that says so. Prometheus accepts gzip. (Not gzipped, quotes and line breaks take two bytes in Lambda's JSON: a tenth more.)

## Dead accounts

90 healthy accounts beside some that never answer, with \`VCC_REQUEST_TIMEOUT\` ${figures.requestTimeoutMs / 1000} s and 50 requests at once. How long the healthy ones waited for their data, inside a
scrape that itself lasts until the dead ones are out of time:

${table(
  ['dead', 'first scrape, median', 'longest', 'fourth scrape, median', 'longest'],
  figures.troubles.map(({ dead, first, later }) => [
    String(dead),
    seconds(first.medianMs / 1000),
    seconds(first.maxMs / 1000),
    seconds(later.medianMs / 1000),
    seconds(later.maxMs / 1000),
  ]),
)}

None was lost. In the first scrape nobody knows who is dead: ${most!.dead} take all slots until their requests time out (${seconds(most!.first.medianMs / 1000)}). From then on they have a quarter of the slots
together, and the others wait ${seconds(most!.later.medianMs / 1000)} in place of ${seconds(calm!.later.medianMs / 1000)}.

## A hundred and a thousand accounts by /probe

Each target is a scrape of its own, spread over the interval by Prometheus. Invocations in a month of 730 hours, and how many run at a time on average, if one takes ${seconds(probeSeconds())} (one account
at 256 MB above):

${table(
  ['accounts', 'interval', 'invocations', 'at a time'],
  [
    [100, 60],
    [100, 30],
    [1000, 60],
    [1000, 30],
  ].map(([accounts, interval]) => [
    String(accounts),
    `${interval} s`,
    `${((accounts! * secondsPerMonth) / interval! / 1e6).toFixed(1)} million`,
    ((accounts! * probeSeconds()) / interval!).toFixed(1),
  ]),
)}

- The parameter \`concurrency\` (5) must be well above "at a time": scrapes beyond it are turned away with 429. An AWS account has ${quota} unless you ask for more.
- What an invocation costs is in [cost.md](cost.md). \`/metrics\` of 100 accounts is one invocation that takes longer; \`/probe\` is 100 short ones, and pays the time of an answer 100 times.
- Every environment that runs at a time keeps a token and connections for each account that it has read; tokens last two hours. The users API and rosters are read by each of them once in \`VCC_ROSTER_TTL\`.

What was not measured: [Verification](verification.md#not-checked).
`;
}

function probeSeconds(): number {
  return secondsAt(find(1, 100), 256);
}

function seconds(value: number): string {
  return value < 10 ? `${value.toFixed(2)} s` : `${value.toFixed(1)} s`;
}

function bytes(value: number): string {
  return value < 1e6 ? `${Math.round(value / 1000)} kB` : `${(value / 1e6).toFixed(1)} MB`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---:')), ...rows.map(line)].join('\n');
}
