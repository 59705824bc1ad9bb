import { readFileSync } from 'node:fs';
import { alerts } from '../alerts/index.ts';
import { abouts, episodes } from '../test/e2e/support/episodes.ts';
import { cells, faults } from '../test/e2e/support/fault-matrix.ts';
import { firing } from '../test/e2e/support/firing.ts';
import { queueAbouts, queueEpisodes, queueFiring } from '../test/e2e/support/queue-episodes.ts';
import { row } from './markdown.ts';
import { mutationSummary } from './mutation-page.ts';
import { soakSummary } from './soak-page.ts';

type Name = keyof typeof episodes;

/** docs/explain/verification.md: what was checked, by which tool, with which result. */
export function verificationPage(notice: string): string {
  const names = (Object.keys(episodes) as Name[]).sort((a, b) => episodes[a].from - episodes[b].from);
  const worlds = readFileSync(new URL('../test/golden/calibrate-worlds.md', import.meta.url), 'utf8');
  return `${notice}
# Verification

This page shows what was checked, by which tool, and with which result. The simulator replaces the VCC API, and follows [the API's reference](https://docs-vcc.atlassian.net). **No VCC
account and no AWS account was available.** [Not checked](#not-checked) lists the consequences.

## Checked

\`npm run e2e\` runs these checks, unless the column *With* names another command. Prometheus, VictoriaMetrics, Pushgateway and
Alertmanager are the real programs. VCC and AWS are replaced. So are the destinations of the fault and soak tests: they are test programs.

### Numbers and answers

The numbers stay right, or the scrape fails, under faults, load and generated input.

| What | With | Result |
| --- | --- | --- |
| Faults of the API, of Secrets Manager and of destinations | local servers | all ${cells.length} cases of ${Object.keys(faults).length} faults as required: [faults](fault-matrix.md) |
| Kills, stops, full disks and clock changes; up to 200 scrapes at once | \`npm run soak\` | ${soakSummary()}: [soak](soak.md) |
| Whether tests fail when the code is changed | Stryker 9, \`npm run mutation\` | ${mutationSummary()}: [mutation tests](mutation.md) |
| Every parser and encoder with generated input | \`npm run fuzz\`, \`npm test\` | no failures; inputs that failed in the past are tests |
| Speed and memory | \`npm run bench\` | some goals met, some missed: [benchmarks](benchmarks.md) |
| What the numbers mean (\`calibrate\`) | simulator, 120 agents, 15 minutes | all verdicts right in 16 of 16 [combinations](#calibrate) |

### AWS

Deployment and functions were tested with local replacements of AWS.

| What | With | Result |
| --- | --- | --- |
| The commands of [aws.md](../run/aws.md) and [terraform-cdk.md](../run/terraform-cdk.md), unchanged | bash, the AWS CLI, moto as AWS | each ends as described |
| \`serverless deploy\`: a default deployment, the same again without changes, with push, with fan-out, with HTTP API, with IAM; \`serverless remove\` | moto's CloudFormation, extended by Function URLs | as expected; moto only records alarms, bucket policies and HTTP APIs |
| The uploaded zips: all kinds of HTTP event, cold and warm, outages, timeouts | Lambda's own runtime client on Node.js 24 | as expected in 12,000 invocations |
| Queues in these zips: cold, warm, frozen during a read, and pushed by each protocol; the end of their series across cold starts | Lambda's own runtime client on Node.js 24, moto's S3 | as expected |
| Secrets, lists of accounts, rosters | the real SDK, moto's Secrets Manager and S3 | as expected |
| The template | cfn-lint, AWS's own description of its resources | no findings |
| The deployer policy: no wildcard action, a reason for every action, a named resource where AWS supports one | \`npm test\` | no findings |
| The same policy: \`serverless deploy\`, \`info\`, \`logs\`, \`remove\` | a local server that enforces the policy; the permissions in AWS's resource schemas | enough for every variant |
| The Terraform example | \`terraform fmt\`, the schema of the AWS provider | no findings |
| The CDK example | CDK | the same as serverless.yml |

### Docker, systemd, proxies

The files for Docker and systemd are valid, and what can run without Docker was run.

| What | With | Result |
| --- | --- | --- |
| The Dockerfile | hadolint | no findings |
| The files that the Dockerfile copies, without Docker: health check, SIGTERM, scrape credentials, the AWS SDK, nothing written to disk | the image's settings and user, in a network namespace | as expected |
| The systemd unit | \`systemd-analyze verify\` and \`security\`, systemd 252 | exposure 1.1 of 10 |
| The exporter under limits like those of the unit: as process 1 of a PID namespace, as another user, without capabilities. Files are read-only, \`/proc\` has processes only, and only the unit's system calls are allowed | by hand, once, Node.js 20 and 24 | it runs |
| deploy/docker/compose.yaml, compose.yaml with and without \`.env\` | Compose 2.40 | parsed as intended; \`.env\` as by \`npm start\` |
| compose.yaml: mounted paths are in git, addresses are ports of services, references between files exist | \`npm run e2e\` | no findings |
| Its Prometheus and Alertmanager configuration, flags and health checks | Prometheus 2.42, Alertmanager 0.25 (not the versions in the file) | they scrape, evaluate all rules and reach each other |
| All requests through a proxy with a password, to hosts with a test's own certificate authority | tinyproxy, two versions of Node.js with and without \`NODE_USE_ENV_PROXY\`, Lambda's runtime client, moto | as expected |
| A round trip of 400 ms; no route for IPv6; IPv6 that drops all packets | by hand | as described in [proxies.md](../run/proxies.md#ipv6-and-hosts-that-are-far-away) |

### Push

No sample was lost, duplicated or changed. Destinations: Prometheus 2.42, VictoriaMetrics 1.79, a Pushgateway 1.5.1 scraped by Prometheus, moto's SQS, and the zips under Lambda's
runtime client. Every sample is compared with the content of the destination, by series, time and value:

| Scenario | Expected | Received | Lost | Twice | Wrong |
| --- | --- | --- | --- | --- | --- |
| no fault for ten minutes, Prometheus | 9696 | 9696 | 0 | 0 | 0 |
| no fault for ten minutes, VictoriaMetrics | 9696 | 9696 | 0 | 0 | 0 |
| destination down for 20 minutes, queue on disk | 21,649 | 21,649 | 0 | 0 | 0 |
| destination down for 20 minutes, SQS and **deliver** | 19,866 | 19,866 | 0 | 0 | 0 |
| a second destination, while the first is down | 20,675 | 20,675 | 0 | 0 | 0 |
| each of these: sometimes 500; 503 after storing; 429 with seconds or a date; no answer; connection closed during the answer, stored or not | 2934 | 2934 | 0 | 0 | 0 |
| the process ends between scrape and delivery | 1948 | 1948 | 0 | 0 | 0 |
| one batch rejected with 400; cause fixed, then \`replay\`; VictoriaMetrics | 1710 | 1710 | 0 | 0 | 0 |
| all batches rejected; cause fixed, then \`replay\`; SQS | 730 | 730 | 0 | 0 | 0 |
| a hundred accounts with \`pushFanOut\`, \`vcc_up\` of each | 100 | 100 | 0 | 0 | 0 |
| one invocation with \`pushFanOut\`, repeated | 730 | 730 | 0 | 0 | 0 |

Counts differ a little from run to run, because they depend on the simulated floor.

| What | With | Result |
| --- | --- | --- |
| Remote write 1.0 and 2.0 | the official suites, by hand | [conformance](remote-write-conformance.md) |
| Remote write 2.0 | code generated from the protocol | decoded without differences |
| OTLP | Prometheus 3.16, VictoriaMetrics 1.151, if \`npm run e2e\` finds them | received |
| Signatures (Signature Version 4) | AWS's own signer | equal |

### Dashboards

Dashboards are valid, and their queries return the right numbers.

| What | With | Result |
| --- | --- | --- |
| Each file | the rules of Grafana Labs' [dashboard-linter](https://github.com/grafana/dashboard-linter) (two are omitted, with the reason); also ids, positions in the grid, titles, descriptions, units and texts for no data | no findings |
| Each expression | Prometheus' grammar | valid; contains only metrics and labels that the exporter declares |
| Each query of each panel | Prometheus, over [a workday](#alerts) | all return data; panels show the simulator's numbers |
| Each query about queues | Prometheus, over two and a half hours with queues | all return data, and none without queues; large numbers equal the simulator's |
| A default setup that pushes by OTLP | Prometheus; VictoriaMetrics, whose series have no \`job\` | only panels that need a setting are empty, and they name it |
| How they look | drawn by [scripts/pictures](../../scripts/pictures/README.md) at 1920×1080, 1366×768 and 390 px, light and dark | checked by eye; on a phone, tables scroll sideways |

### Alerts

Alerts fire when they must, and not on normal days.

| What | With | Result |
| --- | --- | --- |
| The rules | promtool 2.42 (\`--lint=all\`), vmalert | no findings |
| No rule has \`topk\` or \`bottomk\`, whose result may have another \`instance\` at each evaluation | \`npm test\` | no findings |
| Each of ${alerts.length} alerts: when it fires, when it does not, and without data | promtool | as expected |
| Each alert that waits (\`for\`), samples 15, 30, 60 and 120 s apart, one in 18 missing, at every offset between scrape and evaluation | promtool | fires |
| The same rules and cases | promtool of Prometheus 3.16.0 (\`--lint-fatal\`), amtool 0.35.0 (\`utf8-strict-mode\`), by hand on 26 November 2026, and in \`npm run e2e\` if Go can build them | no findings |
| Simulated normal days of 120 and of 1,000 agents, with callers in queues and skills | Prometheus | 0 warning and 0 critical alerts |
| The same days | Alertmanager with the [example](../use/alertmanager.md) | 0 pages; at most one message a day, the digest |
| A simulated workday with ${names.length} [episodes](#episodes) (mostly faults) | Prometheus | each alert fires only in its episodes |
| The same workday | Alertmanager, webhook | [one message](#messages) for each alert and episode |
| A simulated day of callers with ${Object.keys(queueEpisodes).length} [episodes](#episodes-of-queues) | Prometheus, Alertmanager, webhook | each alert about queues fires once, and only in its episodes |

A normal day is a script of 16 hours with shifts, breaks, staggered lunches, meetings of whole teams, two lulls, and long and short calls.
Some calls fail or are not picked up, at a realistic rate. Some agents return late or forget to log out. Alerts for supervisors are judged
until the last shift ends: that is when [opening hours](../use/alertmanager.md#opening-hours) end. Callers arrive in four queues, and agents
have one to three of four skills. Every half hour brings up to 8% more or fewer callers than planned. So in peaks some wait for minutes and
give up: over a day, 76% to 98% were answered in time. To run more days, with the number of agents and a seed:

\`\`\`sh
ORDINARY_DAYS="120/1 120/2 1000/1" npm run e2e
\`\`\`

### Alertmanager

The example configuration sends each alert to the right receiver, once.

| What | With | Result |
| --- | --- | --- |
| The example | amtool of 0.25.0; 0.28.1 once, by hand | accepted, with the receivers in the comments |
| The receiver of each alert, with its real labels | amtool | as expected |
| Every pair of alerts | Alertmanager 0.25.0 | only the pairs of [the table](../use/alertmanager.md#what-is-inhibited-and-why) are inhibited, and only within one account or instance |
| A supervisors' alert while its account has VccDataStale | Alertmanager | sent when VccDataStale has ended; an alert of another account is sent at once |
| Opening hours: on Wednesday at 6, 12, 20 and 22 o'clock, on Saturday, on Sunday; with the usual and the nested route | Alertmanager | as expected; holidays by amtool only |
| Exporter, Prometheus, Alertmanager and webhook together | all of them | labels, texts with real values, and links to runbook and dashboard are right. Alerts resolve when the cause ends. With the exporter stopped, VccExporterDown arrives, and no other alert for SREs |

### This site

Links, layout and search of this site work.

| What | With | Result |
| --- | --- | --- |
| Links, anchors, and pages that messages name | \`npm test\`, \`npm run docs\` | no broken link |
| Every page at 390 px, light and dark, and at 1280 px | Chromium, \`npm run docs -- --check\` | no sideways scrolling, contrast of at least 4.5 |
| Search for a setting, a metric, an alert, an error | Chromium | each among the first three |

## Not checked

| What | Why |
| --- | --- |
| The real VCC API. Open questions are in [Limits](limits.md) and [Decisions](../decisions/README.md). Unknown words are counted (\`vcc_unknown_values\`), not dropped | no VCC account |
| The real answers about queues and skills. Their fields, the rule for who waits, the categories, the delay of queue times, and the list of skills (\`/useradmin/skills\`) are known only from Vonage's examples, from one public program, or by inference ([Limits](limits.md#queues)). What differs is counted: \`vcc_ongoing_by_last_event\`, \`vcc_queue_unclear\`, \`vcc_queue_flawed_items\` | no VCC account |
| A deployment to AWS; how AWS evaluates the IAM policies; the Terraform and CDK examples applied | no AWS account |
| Events other than AWS's documented examples | no AWS account |
| Times and CPU on Lambda's machines. [Scale](scale.md) has CPU times of our test machine, scaled by AWS's documented CPU share per MB. The API's response times are assumed, and the simulator shares the machine. Measure yours with \`vcc_scrape_duration_seconds\` | no AWS account |
| Real SQS: tests use moto's, and poll it instead of Lambda | no AWS account |
| Whether Lambda's runtimes contain \`@aws-sdk/client-sqs\` and \`@aws-sdk/credential-providers\`, as AWS documents | no AWS account |
| Amazon Managed Prometheus, Grafana Cloud, Mimir, CloudWatch, as destinations | none was available |
| Remote write 2.0 to a released server. The code of Prometheus 2.54's receiver was tested ([conformance](remote-write-conformance.md)); Prometheus 3.16 received only OTLP | not tried |
| Building and starting the image | no Docker engine |
| Whether the images of compose.yaml start read-only and without capabilities | no Docker engine |
| Whether they have the \`wget\` of the health checks, and Grafana accepts its provisioning | no Docker engine |
| Whether the tags and digests of these images exist and belong together. They were copied from public files of other projects | no registry was queried |
| The unit under a running systemd | none was available |
| A proxy with Docker, systemd or AWS | none was available |
| Dashboards in Grafana, Grafana Cloud, Amazon Managed Grafana. Also that the last line of Floor is invisible there without queues: Grafana's component draws nothing, but that Grafana shows no header for an empty title was only read in its source | no server was available |
| Evaluation of alerts/grafana/vcc-alerts.yml by Grafana (its form is compared with Grafana's own conversion of Prometheus rules) | no server was available |
| The rules in Amazon Managed Service for Prometheus and Grafana Cloud | none was available |
| pint | its Go module could not be fetched |
| Messages to Slack, PagerDuty, e-mail | no accounts |
| Alertmanager before 0.25 | not tried |

## Episodes

The table shows which alert fires in which episode of the simulated workday. It is a script of 17 hours with its own clock and two
simulated accounts. One is pushed, the other is scraped. All rules, with VccLongestFree turned on, are evaluated over the whole day.

| Episode | From | To | What happens | Fires |
| --- | --- | --- | --- | --- |
${names.map(episodeRow).join('\n')}

An alert may go on for some time after its episode, because its expression looks back over a time range. VccErrorBudgetBurnSlow looks back over
hours, so it fires until the day ends.

### Episodes of queues

A second day has 60 agents, callers, and the exporter with \`VCC_QUEUES\` and \`VCC_SKILLS\`. For 14 minutes of it the API answers 429 to
all requests about queues, and no alert fires.

| Episode | From | To | What happens | Fires |
| --- | --- | --- | --- | --- |
${(Object.keys(queueEpisodes) as (keyof typeof queueEpisodes)[]).map(queueEpisodeRow).join('\n')}

### Messages

The alerts of that day are sent to a real Alertmanager with the example configuration, and from there to a real webhook. Alertmanager's clock
cannot be set. So the day runs 1,000 times as fast, with all waits (\`group_wait\`, \`group_interval\`, \`repeat_interval\`) shortened equally,
and always within opening hours. The webhook receives:

- 5 pages, one for each of apiOutage, wrongSecret, exporterGone, pushGone and nothingSent
- one message for each other alert and episode of the table, with three exceptions:
  - VccTeamIdleAgents: teams that follow within minutes are in a second message, which does not repeat VccIdleAgents.
  - VccClockSkew has one message for each of the two accounts.
  - VccErrorBudgetBurn treats apiOutage and wrongSecret as one outage. While VccErrorBudgetBurn fires, VccErrorBudgetBurnSlow is not sent.
- none for severity \`info\`: these alerts end within the hour that the digest waits

An alert that ends before its group is sent (30 seconds; 5 minutes for warnings to \`sre\`) sends no message.

## Calibrate

\`calibrate\` found the right answer for all 16 combinations of answers, after 15 minutes with 120 agents. The simulator can give both answers to
each question (\`simulate --semantics\`), and each of the other findings (\`simulate --quirk\`). In the table, \`127:0, 61\` means 127 observations for
the answer, none against it, and 61 agents.

The last column is the share of wrap-ups whose age is known with the settings that \`calibrate\` prints. All these ages are right. With only two
agents, or no calls, the verdicts are \`not seen enough\`.

${worlds}`;
}

function episodeRow(name: Name): string {
  const { from, to } = episodes[name];
  const about = abouts[name].replaceAll(/\s*\n\s*/g, ' ');
  return row(name, clock(from), clock(to), about, firesIn(name, firing));
}

function queueEpisodeRow(name: keyof typeof queueEpisodes): string {
  const { from, to } = queueEpisodes[name];
  return row(name, clock(from, 8 * 60), clock(to, 8 * 60), queueAbouts[name], firesIn(name, queueFiring));
}

function firesIn(episode: string, firings: Readonly<Record<string, { in: readonly string[] }>>): string {
  const alerts = Object.keys(firings).filter((alert) => firings[alert]!.in.includes(episode));
  return alerts.length > 0 ? alerts.join(', ') : 'nothing';
}

/** Returns a minute of a day as a time of day. The workday begins at half past seven. */
function clock(minutes: number, begin = 7 * 60 + 30): string {
  const at = begin + minutes;
  return [Math.floor(at / 60), at % 60].map((part) => String(part).padStart(2, '0')).join(':');
}
