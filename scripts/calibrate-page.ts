import { readFileSync } from 'node:fs';
import { type Question, questionNames, questions } from '../src/snapshot/semantics.ts';

/** docs/calibrate.md. The last table is what test/calibrate/worlds.test.ts found out. */
export function calibratePage(notice: string): string {
  const rows = Object.values<Question>(questions).flatMap(({ asks, answers }, index) =>
    Object.entries(answers).map(
      ([answer, { means }], of) =>
        `| ${of === 0 ? `\`${questionNames[index]}\`` : ''} | ${of === 0 ? asks : ''} | \`${answer}\` | ${means} |`,
    ),
  );
  const worlds = readFileSync(new URL('../test/golden/calibrate-worlds.md', import.meta.url), 'utf8');
  return `${notice}
# Calibrate: what the numbers of an account mean

The API reference leaves open what some fields mean, and Vonage's own examples contradict each other. \`calibrate\` asks your account:

\`\`\`sh
npx vcc-exporter calibrate
\`\`\`

It reads agent-status every 5 seconds for 15 minutes, as a scrape does, and compares each reading with the one before. Run it once, at
a busy time of day, and again after Vonage has changed something. \`--minutes\` takes 10 to 30. It changes nothing in the account.

## What it costs

One request per page and reading: 180 requests in 15 minutes for up to 5,000 agents. \`--requests\` is the bound for each account, 600
by default. An account with many pages is read less often, so that the bound holds. At the first 429 it stops and says what it has.
It also stops after three failures in a row. Ctrl+C ends it with what it has. At the end it sends one token request and one page request to
the other family of host names, unless \`VCC_API_URL\` or \`VCC_TOKEN_URL\` is set.

## What it never prints

No id, guid, name, description or phone number. Words that the API reference does not name are printed only if they look like words: at
most 40 letters, spaces, \`-\` and \`_\`. Anything else is "a value that is no word". Values of headers are printed only if they are
numbers of at most six digits.

## What it asks

| Question | Meaning | Answer | Then |
| --- | --- | --- | --- |
${rows.join('\n')}

Media have an answer each: \`workload_falls_phone\`, \`workload_falls_phone_callback\`.

It also says:

- which words and gaps there are: values that the reference does not name, and fields that are absent or invalid
- how many agents are on a page, and in which order
- how new the newest \`since\` was, compared with the answer's own time (\`upTo\`)
- which headers look like limits of requests, and their values
- whether the other family of host names answers, and how far the API's clock is from yours

## How to read the table

\`\`\`
  Question              Verdict           For  Against  Agents  Set now
  since_in_connected    continues         143        0      92  -
  since_in_wrap         mixed              61       40      37  -
  workload_falls_phone  not seen enough     2        0       2  -
\`\`\`

- **For** and **Against** are observations, **Agents** the different agents with observations for the verdict. **Set now** is the answer in
  \`VCC_SEMANTICS\`.
- A verdict needs at least three agents, and ten times as many observations for it as against it. A few against are normal: an agent may
  change twice between two readings.
- \`not seen enough\`: fewer than three agents. Run it longer, or at a busier time.
- \`mixed\`: the observations contradict each other. The answer may depend on something else, such as the direction or the medium. Nothing is set.

Only changes with one explanation count: the same agent and interaction in two readings, for workload an agent with nothing else in hand,
for eligibility an agent whose presence did not change. A \`since\` that went back, or on by less than a second, is no restart.

## What to do with the result

It ends with settings, together with what is set already. Put them where your settings are, or let \`--write FILE\` do it: that replaces the
lines of these names in an env file, keeps all others as they are, and makes the file readable for you alone. With \`VCC_CONFIG\` it prints
fields for the list, and \`--write\` is refused.

The exporter then corrects [ages of wrap-up](decisions/0022-semantics.md), and \`vcc_semantics_info\` has the answers beside the numbers. An
age that cannot be known counts in no age; where none is known, \`VccWrapTooLong\` cannot fire. \`VCC_KNOWN_VALUES\` makes words known: read them first, since an alert for them then ends.

Exit status: 0 if every account could be read at least once, else 1.

## How it was tried

No account of Vonage's was at hand. The simulator has both answers to each question (\`simulate --semantics\`), and a switch for the other
findings (\`simulate --quirk\`). The table has a row for each of the 16 combinations: what 15 minutes with 120 agents said in it. It is the
right answer everywhere. \`127:0, 61\` means 127 observations for the answer, none against it, and 61 agents. With the settings that
\`calibrate\` prints, every age of wrap-up that is known is right; the last column says how many are known. With two agents, or nobody on a
call, it says \`not seen enough\`.

${worlds}`;
}
