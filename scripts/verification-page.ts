import { readFileSync } from 'node:fs';
import { alerts } from '../alerts/index.ts';
import { abouts, episodes } from '../test/e2e/support/episodes.ts';
import { cells, faults } from '../test/e2e/support/fault-matrix.ts';
import { firing } from '../test/e2e/support/firing.ts';
import { row } from './markdown.ts';
import { mutationSummary } from './mutation-page.ts';
import { soakSummary } from './soak-page.ts';

type Name = keyof typeof episodes;

/**
 * Returns docs/explain/verification.md: what was checked, with which tool and which figure, and
 * what was not checked.
 */
export function verificationPage(notice: string): string {
  const names = (Object.keys(episodes) as Name[]).sort((a, b) => episodes[a].from - episodes[b].from);
  const worlds = readFileSync(new URL('../test/golden/calibrate-worlds.md', import.meta.url), 'utf8');
  return `${notice}
# Verification

Everything runs against the simulator of the VCC API, which follows [the API's reference](https://docs-vcc.atlassian.net). **No VCC
account and no AWS account was available.** [Not checked](#not-checked) lists what follows from that.

## Checked

By \`npm run e2e\`, unless the column *With* says otherwise. Servers are real ones.

### Numbers and answers

| What | With | Result |
| --- | --- | --- |
| Every fault of the API, a secret or a receiver, at every place | local servers | ${cells.length} cells of ${Object.keys(faults).length} faults: [fault matrix](fault-matrix.md) |
| Kill, stop, full disk, clock changes; scrapes up to 200 at once | \`npm run soak\` | ${soakSummary()}: [soak](soak.md) |
| Whether the tests notice changed code | Stryker 9, \`npm run mutation\` | ${mutationSummary()}: [mutation tests](mutation.md) |
| Every parser and encoder with generated input | \`npm run fuzz\`, \`npm test\` | inputs that once failed are kept as tests |
| Speed and memory | \`npm run bench\` | [benchmarks](benchmarks.md), with goals that are missed |
| What the numbers mean (\`calibrate\`) | simulator, 120 agents, 15 minutes | all verdicts right in 16 of 16 [combinations](#calibrate) |

### AWS

| What | With | Result |
| --- | --- | --- |
| The commands of [aws.md](../run/aws.md) and [terraform-cdk.md](../run/terraform-cdk.md), as they stand | bash, the AWS CLI, moto as AWS | each ends as described |
| \`serverless deploy\`: default, unchanged, push, fan-out, HTTP API, IAM; \`serverless remove\` | moto's CloudFormation, extended by Function URLs | as expected; alarms, bucket policies and HTTP APIs are only recorded |
| The uploaded zips: all kinds of HTTP event, cold and warm, outages, timeouts | Lambda's own runtime client on Node.js 24 | 12,000 invocations |
| Secrets, lists of accounts, rosters | the real SDK, moto's Secrets Manager and S3 | as expected |
| The template | cfn-lint, AWS's own description of its resources | no findings |
| The policy for deploying: no wildcard action, a reason for every action, a named resource where AWS supports one | \`npm test\` | none missing |
| The same policy: \`serverless deploy\`, \`info\`, \`logs\`, \`remove\` | a local server that allows what the policy allows; the permissions in AWS's resource schemas | enough for every variant |
| The Terraform example | \`terraform fmt\`, the schema of the AWS provider | no findings |
| The CDK example | CDK | the same as serverless.yml |

### Docker, systemd, proxies

| What | With | Result |
| --- | --- | --- |
| The Dockerfile | hadolint | no findings |
| The image's files, put together by the Dockerfile's own lines: health check, SIGTERM, scrape credentials, the AWS SDK, nothing written to disk | the image's settings and user, a network of its own | as expected |
| The unit | \`systemd-analyze verify\` and \`security\`, systemd 252 | exposure 1.1 of 10 |
| Limits like the unit's: process 1 of a namespace, another user, no capabilities, read-only files, a \`/proc\` of processes only, the unit's system calls | by hand, once, Node.js 20 and 24 | runs |
| deploy/docker/compose.yaml, compose.yaml with and without \`.env\` | Compose 2.40 | read as meant, and \`.env\` as \`npm start\` reads it |
| compose.yaml: mounted paths are in git, addresses are ports of services, references between files | \`npm run e2e\` | none missing |
| Its Prometheus and Alertmanager configuration, flags and health checks | Prometheus 2.42, Alertmanager 0.25 (not the versions in the file) | scrape, evaluate all rules, reach each other |
| All requests through a proxy with a password, to hosts with a test's own certificate authority | tinyproxy, two versions of Node.js with and without \`NODE_USE_ENV_PROXY\`, Lambda's runtime client, moto | as expected |
| A round trip of 400 ms; no route for IPv6; IPv6 that swallows all packets | by hand | as described in [proxies.md](../run/proxies.md#ipv6-and-hosts-that-are-far-away) |

### Push

Receivers: Prometheus 2.42, VictoriaMetrics 1.79, a Pushgateway 1.5.1 scraped by Prometheus, moto's SQS, and the zips under Lambda's
runtime client. Every sample is compared with what the receiver holds, by series, time and value:

| Scenario | Expected | Received | Lost | Twice | Wrong |
| --- | --- | --- | --- | --- | --- |
| ten minutes, Prometheus | 9696 | 9696 | 0 | 0 | 0 |
| ten minutes, VictoriaMetrics | 9696 | 9696 | 0 | 0 | 0 |
| receiver down for 20 minutes, queue on disk | 21,649 | 21,649 | 0 | 0 | 0 |
| the same, SQS and deliver | 19,866 | 19,866 | 0 | 0 | 0 |
| another destination meanwhile | 20,675 | 20,675 | 0 | 0 | 0 |
| 500 now and then; 503 after storing; 429 with seconds or date; hanging; closing in mid-answer, stored or not (each) | 2934 | 2934 | 0 | 0 | 0 |
| ended between sampling and delivering | 1948 | 1948 | 0 | 0 | 0 |
| 400 for one batch, corrected and replayed, VictoriaMetrics | 1710 | 1710 | 0 | 0 | 0 |
| all rejected, corrected and replayed, SQS | 730 | 730 | 0 | 0 | 0 |
| a hundred accounts handed out over a queue, \`vcc_up\` of each | 100 | 100 | 0 | 0 | 0 |
| the same turn a second time | 730 | 730 | 0 | 0 | 0 |

Counts differ a little from run to run, because they depend on the simulated floor.

| What | With | Result |
| --- | --- | --- |
| Remote write 1.0 and 2.0 | the official suites, by hand | [conformance](remote-write-conformance.md) |
| Remote write 2.0 | code generated from the protocol | read back |
| OTLP | Prometheus 3.16, VictoriaMetrics 1.151, where \`npm run e2e\` finds them | received |
| Signatures (Signature Version 4) | AWS's own signer | equal |

### Dashboards

| What | With | Result |
| --- | --- | --- |
| Each file | the rules of Grafana Labs' [dashboard-linter](https://github.com/grafana/dashboard-linter) (two are left out, with the reason), and more: ids, places in the grid, title, description, unit and text for no data | no findings |
| Each expression | Prometheus' grammar | parses; only metrics and labels that the exporter declares |
| Each query of each panel | Prometheus, over [a workday](#alerts) | none fails or is empty; panels show the simulator's numbers |
| A default setup that pushes by OTLP | Prometheus; VictoriaMetrics, whose series have no \`job\` | only panels that need a setting are empty, and they name it |
| How they look | drawn by [scripts/pictures](../../scripts/pictures/README.md) at 1920×1080, 1366×768 and 390 px, light and dark | looked at; on a phone, tables scroll sideways |

### Alerts

| What | With | Result |
| --- | --- | --- |
| The rules | promtool 2.42 (\`--lint=all\`), vmalert | no findings |
| Fires, is silent, no data: each of ${alerts.length} alerts | promtool | as expected |
| Each alert that waits (\`for\`), samples 15, 30, 60 and 120 s apart, one in 18 missing, at every phase of the evaluation | promtool | fires |
| The same rules and cases | promtool of Prometheus 3.16.0 (\`--lint-fatal\`), amtool 0.35.0 (\`utf8-strict-mode\`), by hand on 26 November 2026 and where Go can build them | no findings |
| Twenty ordinary days (ten with 120 agents, ten with 1,000) | Prometheus | 0 warning and 0 critical alerts; two days are repeated each time |
| The same days | Alertmanager with the [example](../use/alertmanager.md) | 0 pages, and no message but at most one digest a day |
| A workday of ${names.length} episodes | Prometheus | each alert fires in its [episodes](#episodes) and nowhere else |
| The same workday | Alertmanager, webhook | [one message](#messages) for each episode |

An ordinary day is a script of 16 hours with shifts, breaks, staggered lunches, meetings of whole teams, two lulls, and long and short
calls. Some calls fail or are not picked up, at a natural rate. Some agents return late or forget to log out. To run all twenty:

\`\`\`sh
ORDINARY_DAYS="120/1 120/2 … 1000/10" npm run e2e
\`\`\`

No rule has \`topk\` or \`bottomk\`, and a test forbids them: what they choose changes labels such as \`instance\`.

### Alertmanager

| What | With | Result |
| --- | --- | --- |
| The example | amtool of 0.25.0; 0.28.1 once, by hand | accepted, with the receivers in the comments |
| The receiver of each alert, with its real labels | amtool | as expected |
| Each alert together with each other one | Alertmanager 0.25.0 | exactly the pairs of [the table](../use/alertmanager.md#what-is-inhibited-and-why) are inhibited, none of another account or instance |
| A supervisors' alert while its account has VccDataStale | Alertmanager | held back, delivered after it; that of another account at once |
| Opening hours: now is Wednesday 6, 12, 20 and 22, Saturday, Sunday; the ordinary route and the nested one | Alertmanager | as expected; holidays by amtool only |
| Exporter, Prometheus, Alertmanager, webhook | all of them | labels, texts with real values, links to runbook and dashboard; taken back when the cause ends. With the exporter stopped, VccExporterDown arrives, and no other alert for SREs |

### This site

| What | With | Result |
| --- | --- | --- |
| Links, anchors, and pages that messages name | \`npm test\`, \`npm run docs\` | none leads nowhere |
| Every page at 390 px, light and dark, and at 1280 px | Chromium, \`npm run docs -- --check\` | no sideways scrolling, contrast of at least 4.5 |
| Search for a setting, a metric, an alert, an error | Chromium | each among the first three |

## Not checked

| What | Why |
| --- | --- |
| Anything against Vonage: what the API reference leaves open is in [Limits](limits.md) and [Decisions](../decisions/README.md). Unknown words are counted (\`vcc_unknown_values\`), not dropped | no VCC account |
| A deployment to AWS; how AWS evaluates the IAM policies; the Terraform and CDK examples applied | no AWS account |
| Events other than AWS's documented examples | no AWS account |
| Times and CPU on Lambda's own machines. [Scale](scale.md) has this machine's CPU; the share by memory is AWS's documentation, and the time of an answer is assumed. The simulator takes part of the time itself. Measure yours with \`vcc_scrape_duration_seconds\` | no AWS account |
| SQS itself: it is moto's, and a test polls it for deliver. That Lambda's runtimes bring \`@aws-sdk/client-sqs\` and \`@aws-sdk/credential-providers\` is AWS's documentation | no AWS account |
| Amazon Managed Prometheus, Grafana Cloud, Mimir, CloudWatch, as receivers | none was available |
| A release of a receiver of remote write 2.0 | none was available |
| The image: building, starting | no Docker engine |
| The images of compose.yaml: whether they start read-only and without capabilities, have the \`wget\` of the health checks, and Grafana accepts its provisioning. Tags and digests come from public files of others; no registry was queried | no Docker engine |
| The unit under a real systemd | none was available |
| A proxy with Docker, systemd or AWS | none was available |
| Dashboards in Grafana, Grafana Cloud, Amazon Managed Grafana | no server was available |
| Grafana that evaluates alerts/grafana/vcc-alerts.yml (its form is compared with Grafana's own conversion of Prometheus rules) | no server was available |
| The rules in Amazon Managed Service for Prometheus and Grafana Cloud | none was available |
| pint | its Go module could not be fetched |
| Messages to Slack, PagerDuty, e-mail | no accounts |
| Alertmanager before 0.25 | not tried |

## Episodes

A script of 17 hours runs on a clock of its own, with two accounts of the simulator. Nothing happens in one of them. The exporter pushes one
and Prometheus scrapes the other. All rules, with VccLongestFree switched on, are evaluated over the whole day:

| Episode | From | To | What happens | Fires |
| --- | --- | --- | --- | --- |
${names.map(episodeRow).join('\n')}

An alert may linger for as long as its expression looks back. VccErrorBudgetBurnSlow looks back for hours, so it stays until the day ends.

### Messages

The alerts of that day are posted to a real Alertmanager with the example's configuration, which sends to a real webhook. Its clock cannot
be set. So the day is played 1,000 times as fast, all waits (\`group_wait\`, \`group_interval\`, \`repeat_interval\`) are as much shorter,
and it is always within opening hours. What comes:

- 5 pages, one for each of apiOutage, wrongSecret, exporterGone, pushGone and nothingSent;
- one message for each other alert and episode of the table, with these exceptions:
  - VccTeamIdleAgents: the teams that follow within minutes come in a second message, in which VccIdleAgents is not repeated;
  - VccClockSkew: one for each of the two accounts;
  - the error budget: apiOutage and wrongSecret are one outage to VccErrorBudgetBurn, and VccErrorBudgetBurnSlow is not sent while that fires;
- none for severity \`info\`: these alerts end before the hour that the digest waits for.

An alert that ends before its group is sent (30 seconds; 5 minutes for warnings to \`sre\`) sends no message.

## Calibrate

The simulator has both answers to each question (\`simulate --semantics\`), and a switch for each of the other findings (\`simulate --quirk\`).
The table has a row for each of the 16 combinations, with the verdicts after 15 minutes with 120 agents. All verdicts are right.
\`127:0, 61\` means 127 observations for the answer, none against it, and 61 agents.

The last column is the share of wrap-ups whose age is known with the settings that \`calibrate\` prints. All these ages are right. With two
agents, or nobody on a call, the verdicts are \`not seen enough\`.

${worlds}`;
}

function episodeRow(name: Name): string {
  const { from, to } = episodes[name];
  const fires = Object.entries(firing).flatMap(([alert, { in: names }]) =>
    names.includes(name) ? [alert] : [],
  );
  const about = abouts[name].replaceAll(/\s*\n\s*/g, ' ');
  return row(name, clock(from), clock(to), about, fires.length > 0 ? fires.join(', ') : 'nothing');
}

/** Returns a minute of the workday as a time of day. */
function clock(minutes: number): string {
  const at = 7 * 60 + 30 + minutes;
  return [Math.floor(at / 60), at % 60].map((part) => String(part).padStart(2, '0')).join(':');
}
