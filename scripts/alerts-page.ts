import { toRecordingGroups } from '../alerts/rules.ts';
import { type AlertSetting, type AlertSettings, toWords } from '../alerts/settings.ts';

/** Returns docs/use/alerts.md: every alert with its meaning and thresholds. */
export function alertsPage(notice: string, settings: AlertSettings): string {
  const of = (audience: string) => settings.alerts.filter(({ alert }) => alert.audience === audience);
  const recordings = toRecordingGroups(settings).flatMap(({ rules }) => rules);
  return `${notice}
# Alerts

There are ${settings.alerts.length} alerts. The rules for Prometheus and for Grafana are generated from one file of thresholds. Each alert
has a page that says what to do: the [runbook](runbook.md).

| File | For |
| --- | --- |
| [alerts/prometheus/vcc-alerts.yml](../../alerts/prometheus/vcc-alerts.yml) | Prometheus, Mimir, Grafana Cloud, Amazon Managed Service for Prometheus, VictoriaMetrics (vmalert) |
| [alerts/prometheus/vcc-recordings.yml](../../alerts/prometheus/vcc-recordings.yml) | the same systems: [recording rules](#recordings) for long-term storage. No alert or dashboard uses them |
| [alerts/grafana/vcc-alerts.yml](../../alerts/grafana/vcc-alerts.yml) | Grafana's own alerting, by file provisioning: the same alerts |
| [alerts/alertmanager.yml](../../alerts/alertmanager.yml) | Alertmanager: an [example](alertmanager.md) |
| [alerts/thresholds.yml](../../alerts/thresholds.yml) | you: the thresholds |

Load the rules of Prometheus or the rules of Grafana, not both. With both, every notification is sent twice.

## Thresholds

All thresholds are in [alerts/thresholds.yml](../../alerts/thresholds.yml). You need not edit PromQL. There are two ways to change them:

- **In a checkout**: change the file, then run \`npm run generate\`. It writes the rules, this page and the colours of the dashboards.
- **Without a checkout**: write only the values that differ into a file, then run:

  \`\`\`sh
  npx vcc-exporter rules --thresholds mine.yml --out folder
  \`\`\`

  It writes rules and dashboards with your thresholds into the folder, and replaces files of the same names. The last line is a
  summary, here for the file below: \`${settings.alerts.length} alerts, 2 off, 5 differ from the shipped thresholds; 5 dashboards.\`

\`\`\`yaml
urls:
  grafana: https://grafana.example.com    # for the links to dashboards in alerts
  runbooks: https://wiki.example.com/vcc  # where you put docs/use/runbook/
alerts:
  VccIdleAgents:
    agents: 8
    longer_than: 10m
    accounts:                             # other thresholds for one account
      acme-night: { agents: 3, longer_than: 30m }
  VccNobodyReady:
    accounts:                             # off for one account (outbound only)
      acme-outbound: { enabled: false }
  VccTeamIdleAgents:
    teams:                                # other thresholds for one team
      Back office: { longer_than: 2h }
  VccConnectedVeryLong:
    severity: info                        # critical, warning or info
  VccReadyShareLow:
    enabled: false
\`\`\`

Both commands reject unknown keys and invalid values, and print them. Durations have a unit, as in the settings: \`90s\`, \`1m30s\`,
\`2h\`, \`1d\`. Every alert has the keys \`for\`, \`severity\` and \`enabled\`. The tables below list its other keys with the shipped values.

The exporter counts agents, interactions and callers only at fixed ages, the **bounds**. So these thresholds must be one of them.
Other values are rejected. VccBoundMissing fires if an exporter lacks a bound.

| Thresholds | Shipped bounds | If you set | copy its value to |
| --- | --- | --- | --- |
| \`longer_than\` of agents and interactions, \`free_longer_than\` | ${inWords(settings.ageBounds)} | \`VCC_AGE_BOUNDS\` | \`age_bounds\` |
| VccWaitTooLong's \`longer_than\`, \`waiting_longer_than\`, \`target\` | ${inWords(settings.queueBounds)} | \`VCC_QUEUE_BOUNDS\` | \`queue_bounds\` |

The value is numbers of seconds, without units.

## For supervisors

In this table:

- **On shift** are agents who are logged in. Agents away for longer than \`forgotten_after\` (${settings.forgottenAfter.text}) do not count: they have probably
  forgotten to log out.
- **Ready for calls** means Ready and eligible for routing. Agents who are Ready for outbound or offline work only do not count.
- **Free** means Ready for calls, with no workload and no interaction. Wrap-up is an interaction
  ([metrics.md](../reference/metrics.md#notes)).
- **Callers** are all who wait in a queue, also for a chat or an e-mail. The last four alerts need \`VCC_QUEUES\`. Without it, they
  are silent.
- **Many** means that the count is at least \`agents\` (or \`interactions\`, \`callers\`), and at least \`share\` of the agents on
  shift. For VccTeamIdleAgents, the share is of the team's agents logged in.

${table(of('supervisor'))}

- With the shipped thresholds, alerts with \`agents\` need at least three agents: on a large floor some agent is always over the limit.
  For a single agent, enable VccLongestFree, or set \`agents: 1\` and \`share: 0.001\`.
- Alerts with \`interactions\` count interactions, not agents. On a small floor, one agent with several chats can be enough.
- Alerts about teams need a [roster](teams.md).
- VccWaitTooLong and VccServiceLevelLow can have other thresholds for single queues (\`queues\`). Queues of e-mails, in which callers
  may wait for hours, need them.
- VccServiceLevelLow: \`for\` must be longer than \`VCC_QUEUE_WINDOW\`. A peak of a few minutes lowers the service level for as long as
  the window.
- Alerts contain no ids of agents. If [single agents](teams.md#single-agents) are on, the dashboard Team shows them.

## For SREs

${table(of('sre'))}

The two burn-rate alerts follow Google's SRE workbook. Each needs failures above its burn rate in both windows:

| Alert | Burn rate | Long window | Short window | The budget of 30 days is spent in |
| --- | --- | --- | --- | --- |
| VccErrorBudgetBurn | 14.4 | 1 h | 5 min | 2 days |
| VccErrorBudgetBurn | 6 | 6 h | 30 min | 5 days |
| VccErrorBudgetBurnSlow | 3 | 1 day | 2 h | 10 days |
| VccErrorBudgetBurnSlow | 1 | 3 days | 6 h | 30 days |

At a burn rate of 1, scrapes fail exactly as often as \`objective\` allows. The scrapes of all instances are added up. In a new
account, one failure is a large share. So the alert needs at least \`failed_at_least\` failed scrapes.

## What an alert contains

| Label or annotation | Content |
| --- | --- |
| \`severity\` | \`critical\`: somebody must act now, and there is something to do (supervisors: during opening hours). \`warning\`: today. \`info\`: in a digest |
| \`audience\` | \`supervisor\` or \`sre\` |
| \`summary\` | one line |
| \`description\` | what happened, and what to do |
| \`runbook_url\` | the page of the alert in the runbook |
| \`dashboard_url\` | the dashboard. Only if you set \`urls.grafana\` |

One outage can fire several alerts, but is one page, with an
[exception for /probe](alertmanager.md#what-is-inhibited-and-why). Who is notified, and when: [alertmanager.md](alertmanager.md).

## Samples and jobs

| Alerts | Samples | If you remove an account, they resolve |
| --- | --- | --- |
| most alerts | the newest of the last ${toWords(settings.recent.seconds)} (\`recent\`) | within \`recent\` |
| alerts with \`within\` | all of the time \`within\` | within this time |
| VccErrorBudgetBurn, VccErrorBudgetBurnSlow | all of their [windows](#for-sres) | within 30 minutes, within 6 hours |
| VccQueueDataStale | remembers a source for \`seen_within\` | within \`recent\` |
| VccExporterDown | \`up\` of the last scrape | at once |

So one failed scrape neither restarts \`for\` nor resolves an alert. If your scrape interval is longer than 2 minutes, raise \`recent\`.

**Several deployments in one Prometheus** need different \`job\` labels (that begin with \`vcc\`). VccAccountMissing compares the
accounts of a job with the largest list of that job. So in a job with lists of 3 and 5 accounts, it fires only if fewer than 5 of
the 8 accounts send samples.

**Several pushed jobs**: if one of them stops completely, no alert fires. VccExporterAbsent needs all jobs to stop, and
VccAccountMissing needs samples of the job. So add a rule of your own for each pushed job:
\`absent_over_time(vcc_up{job="vcc-emea"}[5m])\`.

## Load the rules

**Prometheus**: \`rule_files: [vcc-alerts.yml, vcc-recordings.yml]\`. VccExporterDown matches \`job=~"${settings.job}"\`. Name your job
accordingly, or set \`job\` in the thresholds.

**Grafana Cloud and Mimir**: the name of the file becomes the namespace.

\`\`\`sh
mimirtool rules load alerts/prometheus/vcc-alerts.yml --address=… --id=… --key=…
\`\`\`

**Amazon Managed Service for Prometheus**: each file is a namespace.

\`\`\`sh
aws amp create-rule-groups-namespace --workspace-id ws-… --name vcc-alerts \\
  --data fileb://alerts/prometheus/vcc-alerts.yml
\`\`\`

Its Alertmanager supports SNS and PagerDuty only, so replace the webhooks. It needs the configuration under \`alertmanager_config\`:

\`\`\`sh
(echo 'alertmanager_config: |'; sed 's/^/  /' alerts/alertmanager.yml) > amp.yml
aws amp create-alert-manager-definition --workspace-id ws-… --data fileb://amp.yml
\`\`\`

**Grafana's own alerting**: put alerts/grafana/vcc-alerts.yml into \`provisioning/alerting/\`. Replace \`prometheus\` with the uid of
your data source. No data is no alert, as in Prometheus: for missing samples there are
VccExporterAbsent and VccAccountMissing.

**Amazon Managed Grafana and Grafana Cloud** have no file provisioning. Import the Prometheus rules there (Alerting, *Import alert
rules*; Grafana 12 and later), or let Amazon's Prometheus or Mimir evaluate them.

## Recordings

| Series | Expression |
| --- | --- |
${recordings.map(({ record, expr }) => `| \`${record}\` | \`${cell(expr)}\` |`).join('\n')}

How the rules were tested: [Verification](../explain/verification.md#alerts).
`;
}

function table(settings: readonly AlertSetting[]): string {
  const rows = settings.map(({ alert, severity, for: pending, thresholds, enabled }) => {
    const all = { ...thresholds, for: pending };
    const keys = Object.entries(all).map(
      ([key, value]) => `\`${key}: ${typeof value === 'number' ? value : value.text}\``,
    );
    if (!enabled) keys.unshift('`enabled: false`');
    return `| [${alert.name}](runbook/${alert.name}.md) | ${severity} | ${cell(alert.about)} | ${keys.join(', ')} |`;
  });
  return `| Alert | Severity | Fires when | Shipped thresholds |\n| --- | --- | --- | --- |\n${rows.join('\n')}`;
}

/** Bounds in the notation of thresholds. */
const inWords = (bounds: readonly number[]) =>
  bounds.map((seconds) => `\`${toWords(seconds).replace(' min', 'm').replace(' ', '')}\``).join(', ');

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
