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
/** Executions at the same time that AWS allows in one account and region by default. */
const quota = { usual: 1000, newAccount: 10 };

const find = (accounts: number, agents: number, concurrency = 50, singles = false): Case =>
  figures.cases.find(
    (each) =>
      each.accounts === accounts &&
      each.agents === agents &&
      each.concurrency === concurrency &&
      each.singles === singles,
  )!;

/** Measured waiting time, plus CPU time divided by the share of a CPU that the memory gives. */
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

\`/metrics\` reads all accounts in one scrape. \`/probe?target=ACCOUNT\` reads one ([accounts.md](../run/accounts.md)).

| Accounts (of some hundred agents each) | Recommended |
| --- | --- |
| up to 100 | \`/metrics\`, one function with 512 MB: about ${seconds(secondsAt(hundred, 512))} per scrape ([estimated](#time)) |
| up to 300 | \`/metrics\` with 1024 MB and a \`scrape_timeout\` of 15 s or more; or \`/probe\` |
| more, or slow or critical accounts | \`/probe\` with \`http_sd_configs\`: one small scrape per account, and no account waits for another |
| 1000 and more | \`/probe\`, and several deployments with a list of accounts each (by region or team). A mistake in one list then stops only that deployment. In one Prometheus, each deployment needs its own \`job\` ([why](../use/alerts.md#samples-and-jobs)) |

Switch from \`/metrics\` to \`/probe\` if one of these is true:

- A scrape takes more than half of \`scrape_timeout\`.
- One slow account delays the scrape of the others.
- The answer is almost as large as [the limits](#size-of-an-answer) allow.

## Measured

The tables show how time, CPU, memory and answer grow with the number of accounts and agents.

- \`${figures.command}\` runs the deployed bundle (Node.js ${figures.node}). The simulator runs in another process and takes ${figures.latencyMs} ms for each answer.
- Figures are medians of warm scrapes with gzip. "Cold" is the first scrape of a process, with a token for each account.
- "At once" is \`VCC_CONCURRENCY\`: HTTP requests at the same time. The default is 100 now; these runs used 50 or 200.
- Pages had 1000 agents. The default is 5000 now, so 10,000 agents are two requests instead of ten.

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

The same with series of all single agents (\`VCC_AGENT_METRICS=ids\`):

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

A scrape takes about (requests ÷ \`VCC_CONCURRENCY\`, rounded up) × the API's response time, plus CPU time. On Lambda, memory decides
the share of a CPU: a function has a whole one at ${wholeVcpuMb} MB.

The table shows the estimated duration of a warm scrape: measured waiting time + CPU time × ${wholeVcpuMb} MB ÷ memory.

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

- "Too little": the peak memory above is more than 90 % of the function's memory.
- More requests at once shorten the waiting time, not the CPU time: 1000 accounts take ${seconds(thousand.wallMs / 1000)} with 50 and ${seconds(find(1000, 100, 200).wallMs / 1000)} with 200.

## Size of an answer

| What | Series |
| --- | --- |
| an account | ${perAccount.series.toFixed(0)} in this test; about 300 if many agents are working |
| a team | about 19 more |
| a single agent | about 9 more |
| 100 accounts, without teams and single agents | ${hundred.series} |
| 1000 accounts, without teams and single agents | ${thousand.series} |

The table shows how many accounts fit into one answer of \`/metrics\`:

| Endpoint | Limit | Accounts, gzipped | Accounts, not gzipped |
| --- | --- | --- | --- |
| Function URL, HTTP API | 6 MB, base64 included | ${fitting(limits.lambda, perAccount.packed, 4 / 3)} | ${fitting(limits.lambda, perAccount.bytes, 1.1)} |
| REST API | 6 MB, never compressed | | ${fitting(limits.lambda, perAccount.bytes, 1.1)} |
| ALB | 1 MB, base64 included | ${fitting(limits.alb, perAccount.packed, 4 / 3)} | ${fitting(limits.alb, perAccount.bytes, 1.1)} |

- If the answer is too large, the scrape fails with status 500, and the body gives the reason.
- Prometheus accepts gzip.
- Without gzip, quotes and line breaks take two bytes each in Lambda's JSON, about 10 % more.

## Dead accounts

The table shows how long 90 healthy accounts waited for their data beside accounts that never answer. \`VCC_REQUEST_TIMEOUT\` was
${figures.requestTimeoutMs / 1000} s, with 50 requests at once. The scrape as a whole lasts until the dead accounts time out.

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

- No healthy account was lost.
- In the first scrape, requests to the ${most!.dead} dead accounts fill all 50 places until they time out. The healthy accounts wait ${seconds(most!.first.medianMs / 1000)}.
- In later scrapes, accounts whose last read failed share a quarter of the places. The healthy accounts then wait ${seconds(most!.later.medianMs / 1000)} instead of ${seconds(calm!.later.medianMs / 1000)}.

## A hundred and a thousand accounts by /probe

Prometheus scrapes each target separately, and spreads the scrapes over the interval. The table shows invocations in a month of 730 hours,
and how many run at the same time on average. It assumes ${seconds(probeSeconds())} for each (one account at 256 MB, above).

${table(
  ['accounts', 'interval', 'invocations', 'at the same time'],
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

- The parameter \`concurrency\` (default 5) must be well above the last column. Lambda answers 429 to scrapes beyond it.
- AWS's default quota is ${quota.usual} executions at the same time in an account and region. New accounts often have ${quota.newAccount}.
- [cost.md](cost.md) has the cost of an invocation. \`/metrics\` of 100 accounts is one longer invocation. \`/probe\` is 100 short ones, so you pay for the API's response time 100 times.
- Each running environment keeps a token and connections for each account that it has read. Tokens last two hours.
- Each environment reads rosters and the User Admin API once per \`VCC_ROSTER_TTL\`.

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
