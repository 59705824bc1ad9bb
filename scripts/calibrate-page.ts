import { queueQuestions } from '../src/calibrate/queue-questions.ts';
import { type Question, questionNames, questions } from '../src/snapshot/semantics.ts';

function toRows(asked: readonly Question[], names: readonly string[]): string[] {
  return asked.flatMap(({ asks, answers }, index) =>
    Object.entries(answers).map(
      ([answer, { means }], of) =>
        `| ${of === 0 ? `\`${names[index]}\`` : ''} | ${of === 0 ? asks : ''} | \`${answer}\` | ${means} |`,
    ),
  );
}

/** Returns docs/use/calibrate.md. */
export function calibratePage(notice: string): string {
  const rows = toRows(Object.values(questions), questionNames);
  const queueRows = toRows(Object.values(queueQuestions), Object.keys(queueQuestions));
  return `${notice}
# Calibrate: what the numbers of an account mean

The API reference does not say what some fields mean, and Vonage's own examples contradict each other.
\`calibrate\` finds out what your account does:

\`\`\`sh
npx vcc-exporter calibrate
\`\`\`

In a checkout, run \`npm run build\` once before ([Connect](../start/connect.md)).

It reads agent-status every 5 seconds for 15 minutes, as a scrape does. It compares each reading with the
one before. \`--minutes\` is 10 to 30. \`calibrate\` changes nothing in the account. Run it once at a busy
time of day, and again after Vonage has changed something.

Only \`since_in_wrap\` changes a number: [the age of wrap-up](../decisions/0022-semantics.md). The other
answers explain how to read the numbers.

## What it costs

Each reading sends one request per page: 180 requests in 15 minutes for up to 5,000 agents. \`--requests\`
limits the requests to each account (default 600). An account with many pages is read less often, to stay
within the limit. [Queues](#queues) are two more lists, so a reading then sends at least three requests.

It stops early if the first reading fails, after three failures in a row, at the first 429, when the
requests are used up, and on Ctrl+C. It then prints the results so far.

At the end it tests the other host names that \`VCC_HOSTS\` can choose, with one token request and one page
request. It skips this test if:

- Ctrl+C ended it
- the API answered 429
- \`VCC_API_URL\` or \`VCC_TOKEN_URL\` is set

## What it never prints

It prints no id, guid, name, description or phone number, and no name of a queue.

Other values are printed under these conditions:

| Value | Printed |
| --- | --- |
| a word that is not in the API reference | if it looks like a word: at most 40 letters, spaces, \`-\` and \`_\`. Otherwise "a value that is no word" |
| a header | if it is a number of at most six digits |

## What it determines

| Id | Question | Answer | Meaning |
| --- | --- | --- | --- |
${rows.join('\n')}

Each medium has its own question, such as \`workload_falls_phone\` or \`workload_falls_phone_callback\`.

It also prints:

- values that the reference does not name, and fields that are absent or invalid
- the number of agents on a page, and their order
- how long before \`upTo\`, the time of the answer, the newest \`since\` was
- headers that look like request limits, and their values
- whether the other host names answer
- the difference between the API's clock and yours

## How to read the table

\`\`\`
  Question              Verdict           For  Against  Agents  Set now
  since_in_connected    continues         143        0      92  -
  since_in_wrap         mixed              61       40      37  -
  workload_falls_phone  not seen enough     2        0       2  -
\`\`\`

- **For** and **Against** count observations. **Agents** counts the different agents behind **For**.
  **Set now** is the answer in \`VCC_SEMANTICS\`, or \`-\`.
- A verdict needs at least three agents. It also needs ten times as many observations for it as against it.
  A few against are normal, because an agent may change twice between two readings.
- \`not seen enough\`: fewer than three agents. Run it longer, or at a busier time. Agents who handle
  several interactions at once do not count for workload. So a medium such as chat may never get a
  verdict.
- \`mixed\`: the observations contradict each other. The answer may depend on something else, such as the
  direction or the medium.
- Without a verdict, the answer that is set now stays.

Only a change with a single explanation is an observation:

- always: the same agent and the same interaction in two consecutive readings
- for workload: an agent with no other interaction
- for eligibility: an agent whose presence did not change

A \`since\` that moves backward, or forward by less than a second, does not count as a restart.

## What to do with the result

The last lines are the settings to add. They include the values that are set now.

| Setting | When |
| --- | --- |
| \`VCC_SEMANTICS\` | there is a verdict |
| \`VCC_KNOWN_VALUES\` | there are words that the API reference does not name |
| \`VCC_PAGE_SIZE\` | the API rejected the page size that is set |
| \`VCC_HOSTS\` | only the other host names answered |

Put them where your settings are, or run \`calibrate\` with \`--write FILE\` for an env file. It replaces
the lines of these settings, keeps all other lines, and makes the file readable only for you. With
\`VCC_CONFIG\`, \`calibrate\` prints fields for the list and rejects \`--write\`.

What the settings change:

- \`VCC_SEMANTICS\`: the exporter corrects the age of wrap-up. \`vcc_semantics_info\` shows the answers.
  With \`since_in_wrap=continues\`, the start of wrap-up is unknown for an agent with workload or another
  interaction. These wrap-ups are in no \`_longer_than\` count, so \`VccWrapTooLong\` does not see them.
- \`VCC_KNOWN_VALUES\`: \`vcc_unknown_values\` no longer counts these words, and its alert stops firing.
  So read the words before you set it.

## Queues

With \`VCC_QUEUES=on\`, each reading also requests the ongoing interactions and the queue times of the last
30 minutes. A source that fails does not stop the readings of the agents, but a 429 does.

No page of Vonage says how to see who waits. The exporter uses the rule of one public program. \`calibrate\`
tests the rule: it compares who seemed to wait with queue-times, which lists who left a queue.

| Id | Question | Answer | Meaning |
| --- | --- | --- | --- |
${queueRows.join('\n')}

\`\`\`
  Question        Verdict  Interactions
  waiting_agrees  agrees   agrees 67, missing 1
  waiting_seen    seen     seen 57
\`\`\`

- \`agrees\` and \`seen\`: \`vcc_queue_waiting\` counts the right interactions.
- \`mixed\`, or another verdict: do not trust \`vcc_queue_waiting\` and its alerts.
  Please report it with this output: it has no names and no phone numbers.
- \`not seen enough\`: fewer than three interactions. Run it at a busier time.
- Times may differ by 5 seconds. Interactions that a reading could not see are left out.
- While a customer may be waiting for a callback, an interaction is not \`missing\`.

It also prints:

| Line | Meaning |
| --- | --- |
| Start | the start in queue-times minus the start of the waiting. It should be close to 0 |
| Lag | how long after its end queue-times listed an item. \`VCC_QUEUE_INTERVAL\` comes on top |
| Queue type | whether the API returned only the type that was requested |
| Processed | whether the API returned only items that had ended, as requested |
| Names | how many names look like a number (\`VCC_QUEUE_NUMBERS\`) |
| Last events | the last events of External channels. \`Queue\` means waiting |
| Unclear | why an interaction that seemed to wait does not count, as in \`vcc_queue_unclear\` |
| Values in queue-times | categories, reasons, types and roles. The same conditions apply as to other words |
| Absent and invalid values | as for agents |

No setting depends on these findings.

Tested with the simulator only, in all combinations of answers: [Verification](../explain/verification.md#calibrate).
`;
}
