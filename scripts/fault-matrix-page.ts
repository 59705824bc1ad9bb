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
import { sourceAt } from '../test/e2e/support/fault-queues.ts';

/** docs/explain/fault-matrix.md: the required result of each fault at each place. */
export function faultMatrixPage(notice: string): string {
  const ids = Object.keys(faults) as FaultId[];
  const reads = cells.filter(({ way }) => way !== 'deliver').length;
  const inReads = toTable(ids, sources, describeRead);
  const inDeliveries = toTable(ids, receivers, describeDelivery);
  return `${notice}
# Faults and their results

\`npm run e2e\` tests each of these ${ids.length} faults at each place where it is possible: ${cells.length} test cases.

- A fault while an account is read is tested in ${ways.length} ways: \`serve\`, Lambda, and \`push\` with its queue on disk.
- The servers are real servers on the same machine: the simulator of the API, a server with the protocol of Secrets Manager, and
  destinations that decode and count what they receive.

Each case also checks:

- The numbers are the simulator's, or there are none. No number is too low, wrong or from an earlier scrape.
- The exporter answers in time, with status 200.
- \`vcc_scrape_api_requests\` is the number of requests that the servers received.
- A failure has one log line, with its reason.
- Neither log nor answer contains a secret, a token, an agent's id, an interaction's guid, a name or a customer's phone number. This
  includes JSON, percent-encoding and base64.
- No request goes to another host, even after a redirect.
- When the fault ends, the next scrape has the right numbers, and nothing more is logged.

## Reading an account (${reads} cases)

| In the table | Meaning |
| --- | --- |
| numbers | the scrape succeeds |
| \`network\`, … | the scrape fails with this reason in \`vcc_scrape_error\` ([errors.md](../reference/errors.md)), and there are no numbers (column Roster: see below) |
| – | not possible, or not tested, at this place |
| 3 requests | requests to this place in the first scrape (omitted if 0 or 1). \`VCC_RETRIES\` is ${retries}, so a repeated request is sent ${1 + retries} times |
| 1 to 3 requests | the number depends on the run |
| 3 s apart | time between these requests |
| pause 10 s | no requests for this long afterwards |
| not pushed | \`push\` skips the samples, because the clocks of the API and the exporter differ |

- Page 2 is the last page of this account.
- Roster is the users of the User Admin API. If it fails, the scrape succeeds without teams, and the reason is in the log only.
- Ongoing and Queue times are the first of two pages of these lists (\`VCC_QUEUES\`). Skills is the list of skills (\`VCC_SKILLS\`). The
  agents are served in each of these cases, at most a second later. The reason is in \`vcc_queue_error\` of the source, its
  \`vcc_queue_up\` is 0, and the source has no numbers. The others have their numbers. In the pause after a 429, neither ongoing
  interactions nor skills are read; queue times that are not yet due stay in use.
- \`deadline\` in these columns: the scrape did not wait longer for the source. The read continues, and a later scrape has its result.
- The AWS SDK repeats requests to Secrets Manager.
- After 400, 413 or 422 the exporter tries smaller pages, so page 1 is requested 3 times.

${inReads}

## Pushing (${cells.length - reads} cases)

| In the table | Meaning |
| --- | --- |
| delivered | the answer counts as a success |
| delivered, 2 requests | sent twice. Remote write 2: after a success without the header \`X-Prometheus-Remote-Write-Samples-Written\`, the batch is sent again as remote write 1 |
| retried | sent again until the fault is gone |
| held | kept, and sent again after 1 to 5 minutes or a restart ([push.md](../run/push.md#what-is-lost-and-what-is-not)) |
| rejected | set aside after the first answer; in this test, \`replay\` delivers it when the fault has ended |

In all cases, three scrapes arrive finally, with the right samples:

- They arrive in order, except batches sent again by \`replay\`.
- Each sample is stored once and unchanged. A sample that was stored before the fault may be sent again with the same value and time;
  destinations store it once.
- A Pushgateway gets the newest scrape only.

${inDeliveries}
`;
}

type Places = typeof sources | typeof receivers;

function toTable<P extends Places>(
  ids: readonly FaultId[],
  places: P,
  describe: (expected: never, place: P[number]) => string,
): string {
  const rows = ids.flatMap((id) => {
    const { about, at }: FaultRow = faults[id];
    if (places.every((place) => at[place] === undefined)) return [];
    const words = places.map((place) => (at[place] ? describe(at[place] as never, place) : '–'));
    return [`| ${about} | ${words.join(' | ')} |`];
  });
  const names = places.map((place) => place.charAt(0).toUpperCase() + place.slice(1));
  return [`| Fault | ${names.join(' | ')} |`, `| --- |${' --- |'.repeat(places.length)}`, ...rows].join('\n');
}

function describeRead(
  { reason, requests, pause, apart, clocksDiffer, counted }: Read,
  place: (typeof sources)[number],
): string {
  const isQueue = sourceAt(place) !== undefined;
  const [least, most = least] = [requests].flat() as [number, number?];
  const sent = least === most ? `${least} requests` : `${least} to ${most} requests`;
  const parts = [
    reason === undefined ? 'numbers' : `\`${reason}\``,
    ...(clocksDiffer ? ['not pushed'] : []),
    ...(counted === 'duplicate' && !isQueue ? ['`vcc_duplicate_agents` 1'] : []),
    ...(counted === 'flawed' ? [`\`${isQueue ? 'vcc_queue_flawed_items' : 'vcc_flawed_agents'}\` 1`] : []),
    ...(most > 1 ? [sent + (apart === undefined ? '' : ` ${apart} s apart`)] : []),
    ...(most === 0 ? [] : isQueue && reason === 'throttled' ? ['pause at least 1 min'] : pauseOf(pause)),
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
