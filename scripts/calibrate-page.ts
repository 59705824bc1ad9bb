import { type Question, questionNames, questions } from '../src/snapshot/semantics.ts';

/** Returns docs/use/calibrate.md. */
export function calibratePage(notice: string): string {
  const rows = Object.values<Question>(questions).flatMap(({ asks, answers }, index) =>
    Object.entries(answers).map(
      ([answer, { means }], of) =>
        `| ${of === 0 ? `\`${questionNames[index]}\`` : ''} | ${of === 0 ? asks : ''} | \`${answer}\` | ${means} |`,
    ),
  );
  return `${notice}
# Calibrate: what the numbers of an account mean

The API reference leaves open what some fields mean, and Vonage's own examples contradict each other. \`calibrate\` finds out what
your account does:

\`\`\`sh
npx vcc-exporter calibrate
\`\`\`

It reads agent-status every 5 seconds for 15 minutes, as a scrape does, and compares each reading with the one before. Run it once, at
a busy time of day, and again after Vonage has changed something. \`--minutes\` is 10 to 30. \`calibrate\` changes nothing in the
account.

## What it costs

One request per page and reading: 180 requests in 15 minutes for up to 5,000 agents. \`--requests\` is the most for each account, 600
by default. An account with many pages is read less often, so that this many requests last.

It stops early at the first 429, after three failures in a row, and on Ctrl+C, and prints the results until then. At the end it sends
one token request and one page request to the other host names that \`VCC_HOSTS\` can choose. It does not if it was stopped or got a
429, nor if \`VCC_API_URL\` or \`VCC_TOKEN_URL\` is set.

## What it never prints

No id, guid, name, description or phone number. A value that the API reference does not name is printed only if it looks like a word:
at most 40 letters, spaces, \`-\` and \`_\`. Any other value is printed as "a value that is no word". Values of headers are printed
only if they are numbers of at most six digits.

## What it asks

| Question | What it asks | Answer | What the answer means |
| --- | --- | --- | --- |
${rows.join('\n')}

Each medium has a question of its own, such as \`workload_falls_phone\` or \`workload_falls_phone_callback\`.

It also prints:

- values that the reference does not name, and fields that are absent or invalid
- how many agents are on a page, and in which order
- how new the newest \`since\` was, compared with the answer's own time (\`upTo\`)
- headers that look like request limits, and their values
- whether the other host names answer, and how far the API's clock is from yours

## How to read the table

\`\`\`
  Question              Verdict           For  Against  Agents  Set now
  since_in_connected    continues         143        0      92  -
  since_in_wrap         mixed              61       40      37  -
  workload_falls_phone  not seen enough     2        0       2  -
\`\`\`

- **For** and **Against** count observations. **Agents** counts the different agents behind **For**. **Set now** is the answer in
  \`VCC_SEMANTICS\` now, or \`-\`.
- A verdict needs at least three agents, and ten times as many observations for it as against it. A few against are normal: an agent may
  change twice between two readings.
- \`not seen enough\`: fewer than three agents. Run it longer, or at a busier time. Agents who handle several
  interactions at once do not count for workload, so a medium such as chat may never get a verdict.
- \`mixed\`: the observations contradict each other. The answer may depend on something else, such as the direction or the medium.
- Without a verdict, an answer that is set stays.

Only a change with a single explanation is an observation:

- always: the same agent and the same interaction in two readings, one after the other
- for workload: an agent with nothing else in hand
- for eligibility: an agent whose presence did not change

A \`since\` that went back, or on by less than a second, is no evidence of a restart.

## What to do with the result

The last lines are the settings to set. They include the answers and words that are set already. Put them where your settings are, or
let \`--write FILE\` do it: it replaces the lines of these settings in an env file, keeps all other lines, and makes the file readable for
you alone. With \`VCC_CONFIG\`, \`calibrate\` prints fields for the list, and \`--write\` is refused.

With \`VCC_SEMANTICS\`, the exporter corrects [the age of wrap-up](../decisions/0022-semantics.md). A wrap-up of unknown age is in no count
of ages. Where none is known, \`VccWrapTooLong\` cannot fire. \`vcc_semantics_info\` shows the answers. With \`VCC_KNOWN_VALUES\`, \`vcc_unknown_values\` no longer counts these words and its
alert ends, so read the words before you set it.

Tested with the simulator only, in all combinations of answers: [Verification](../explain/verification.md#calibrate).
`;
}
