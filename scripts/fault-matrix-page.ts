import {
  cells,
  type Delivery,
  type FaultId,
  type FaultRow,
  faults,
  type Read,
  receivers,
  retries,
  sources,
  ways,
} from '../test/e2e/support/fault-matrix.ts';

/**
 * Returns docs/explain/fault-matrix.md: the expected result of each fault at each place, as `npm
 * run e2e` checks it.
 */
export function faultMatrixPage(notice: string): string {
  const ids = Object.keys(faults) as FaultId[];
  const reads = cells.filter(({ way }) => way !== 'deliver').length;
  const inReads = toTable(ids, sources, describeRead);
  const inDeliveries = toTable(ids, receivers, describeDelivery);
  return `${notice}
# Faults, and what comes of each

\`npm run e2e\` puts each of these ${ids.length} faults at each place where it can be, and checks what is said here: ${cells.length} cells.
A cell is one fault at one place, and for the places of the first table one of ${ways.length} ways to read an account: \`serve\`, Lambda, and
\`push\` with its queue on disk. The servers are real ones on this machine: the simulator of the API, a server that speaks the protocol
of Secrets Manager, and receivers that decode and count what they get.

Each cell also checks:

- Numbers are the simulator’s, or there are none. None is lowered, invented or from an earlier scrape.
- The answer comes in time, with status 200.
- \`vcc_scrape_api_requests\` is the number of requests that came.
- There is one log line of a failure, with its reason. Neither log nor answer contains a secret, a token, an agent’s id, an
  interaction’s guid or a name, in plain text, JSON, percent-encoding or base64.
- No other host is asked, whatever redirects say.
- When the fault is gone, the next scrape has the right numbers, and the log is silent.

## Reading an account (${reads} cells)

*Numbers* means that the scrape succeeds. Otherwise the cell has the reason of \`vcc_scrape_error\` ([errors.md](../reference/errors.md)), and
there are no numbers. A failure of the roster (the users of the User Admin API) leaves the scrape without teams. Its reason is in the log only.

*3 requests* is how many this place gets during the first scrape, if it is not one. \`VCC_RETRIES\` is ${retries} here, so a request that is
repeated is sent ${1 + retries} times. The SDK of AWS repeats requests to Secrets Manager by itself. *Pause* is how long nothing is sent
afterwards. Page 2 is the last one of this account.

${inReads}

## Pushing (${cells.length - reads} cells)

| | |
| --- | --- |
| delivered | the answer counts as a success |
| retried | sent again until the fault is gone |
| held | kept, and sent again after a minute or a restart ([push.md](../run/push.md#what-is-lost-and-what-is-not)) |
| rejected | put aside at once; here, \`replay\` delivers it when the fault is gone |

In all of these cells three scrapes arrive in the end, in order (those that were replayed come late), with each sample once and unchanged.
Samples that a receiver stored before the fault may come again with the same value and time, which receivers take for one. A Pushgateway
gets the newest scrape only.

${inDeliveries}
`;
}

type Places = typeof sources | typeof receivers;

function toTable<P extends Places>(
  ids: readonly FaultId[],
  places: P,
  describe: (expected: never) => string,
): string {
  const rows = ids.flatMap((id) => {
    const { about, at }: FaultRow = faults[id];
    const found = places.map((place) => at[place]);
    if (found.every((expected) => expected === undefined)) return [];
    const words = found.map((expected) => (expected ? describe(expected as never) : '–'));
    return [`| ${about} | ${words.join(' | ')} |`];
  });
  const names = places.map((place) => place.charAt(0).toUpperCase() + place.slice(1));
  return [`| Fault | ${names.join(' | ')} |`, `| --- |${' --- |'.repeat(places.length)}`, ...rows].join('\n');
}

function describeRead({ reason, requests, pause, apart, clocksDiffer, counted }: Read): string {
  const [least, most = least] = [requests].flat() as [number, number?];
  const sent = least === most ? `${least} requests` : `${least} to ${most} requests`;
  const parts = [
    reason === undefined ? 'numbers' : `\`${reason}\``,
    ...(clocksDiffer ? ['not pushed'] : []),
    ...(counted === 'duplicate' ? ['`vcc_duplicate_agents` 1'] : []),
    ...(counted === 'flawed' ? ['`vcc_flawed_agents` 1'] : []),
    ...(most > 1 ? [sent + (apart === undefined ? '' : ` ${apart} s apart`)] : []),
    ...(most === 0 ? [] : pauseOf(pause)),
  ];
  return parts.join(', ');
}

function pauseOf(pause: Read['pause']): string[] {
  if (pause === undefined) return [];
  return [pause === 'restart' ? 'pause 5 min' : `pause ${pause} s`];
}

function describeDelivery({ outcome, requests = 1, apart }: Delivery): string {
  const parts = [
    outcome as string,
    ...(requests > 1 ? [`${requests} requests`] : []),
    ...(apart === undefined ? [] : [`${apart} s apart`]),
  ];
  return parts.join(', ');
}
