import { toRecordingGroups } from '../alerts/rules.ts';
import { type AlertSetting, type AlertSettings, toWords } from '../alerts/settings.ts';

/** Returns docs/use/alerts.md: every alert with its meaning and thresholds. */
export function alertsPage(notice: string, settings: AlertSettings): string {
  const of = (audience: string) => settings.alerts.filter(({ alert }) => alert.audience === audience);
  const recordings = toRecordingGroups(settings).flatMap(({ rules }) => rules);
  return `${notice}
# Alerts

${settings.alerts.length} alerts, whose rules for Prometheus and for Grafana are generated from one file of thresholds, and a page for
each that says what to do ([runbook](runbook.md)).

| File | For |
| --- | --- |
| [alerts/prometheus/vcc-alerts.yml](../../alerts/prometheus/vcc-alerts.yml) | Prometheus, Mimir, Grafana Cloud, Amazon Managed Service for Prometheus, VictoriaMetrics (vmalert) |
| [alerts/prometheus/vcc-recordings.yml](../../alerts/prometheus/vcc-recordings.yml) | the same; what is worth keeping for a year. No alert and no dashboard needs it |
| [alerts/grafana/vcc-alerts.yml](../../alerts/grafana/vcc-alerts.yml) | Grafana’s own alerting, by file provisioning: the same alerts, of the shape that Grafana gives to Prometheus rules when it imports them |
| [alerts/alertmanager.yml](../../alerts/alertmanager.yml) | Alertmanager: an example to begin with |
| [alerts/thresholds.yml](../../alerts/thresholds.yml) | you: the thresholds |

Take either Prometheus’ rules or Grafana’s, not both: everybody would be told twice.

## Thresholds

All are in [alerts/thresholds.yml](../../alerts/thresholds.yml); no PromQL has to be touched. Two ways:

- **In a checkout**: change the file, \`npm run generate\`. The rules, this page and the colours on the dashboards follow.
- **Outside of it**, also without a checkout: write only what differs into a file, and run

  \`\`\`sh
  npx vcc-exporter rules --thresholds mine.yml --out folder
  \`\`\`

  It writes rules and dashboards with your thresholds into the folder, replaces files of the same names there, and ends with a
  summary such as \`30 alerts, 2 off, 3 differ from the shipped thresholds; 4 dashboards.\`

\`\`\`yaml
urls:
  grafana: https://grafana.example.com    # where the links in alerts lead
  runbooks: https://wiki.example.com/vcc  # where you put docs/use/runbook/
alerts:
  VccIdleAgents:
    agents: 8
    longer_than: 10m
    accounts:                             # one account may differ
      acme-night: { agents: 3, longer_than: 30m }
  VccNobodyReady:
    accounts:                             # or have none of it: here nobody takes calls, by design
      acme-outbound: { enabled: false }
  VccTeamIdleAgents:
    teams:                                # and one team
      Back office: { longer_than: 2h }
  VccConnectedVeryLong:
    severity: info                        # critical, warning or info
  VccReadyShareLow:
    enabled: false
\`\`\`

A key or value that makes no sense is refused, and named. Durations are written as in the settings, with a unit: \`90s\`, \`1m30s\`,
\`2h\`, \`1d\`. Every alert takes
\`for\`, \`severity\` and \`enabled\`; the tables below name its other keys with what is shipped.

\`longer_than\` must be one of the exporter’s bounds, since the exporter does the counting:
${settings.ageBounds.map((seconds) => `\`${toWords(seconds).replace(' min', 'm').replace(' ', '')}\``).join(', ')} as shipped. Another value is refused. If you
set \`VCC_AGE_BOUNDS\`, set \`age_bounds\` in your thresholds to the same. VccBoundMissing fires if an exporter lacks a bound.

An alert on agents or interactions fires for at least N of them (\`agents\`, \`interactions\`) that are at least \`share\` of the agents on shift.
It does not watch the single longest: on a large floor that would always fire. For a single agent, switch on
VccLongestFree, or set \`agents: 1\` and \`share: 0.001\`. Agents who have been away for longer than \`forgotten_after\` (2 hours) have probably forgotten to log out, so they do not
count as on shift.

## For supervisors

${table(of('supervisor'))}

Free is Ready, eligible for routing, no workload and no interaction, and wrap-up is one ([metrics.md](../reference/metrics.md#notes)). Agents who are Ready for
outbound or offline work are not eligible: they do not count as free. Alerts about teams need a
roster ([teams.md](teams.md)). No alert names an agent: it links to the Team dashboard, which does if you let it.

## For those who run the exporter

${table(of('sre'))}

The burn-rate alerts are those of Google’s SRE workbook, over the share of scrapes that got a complete snapshot:
VccErrorBudgetBurn at 14.4 times the budget over 1 h and 5 min, or 6 times over 6 h and 30 min; VccErrorBudgetBurnSlow at 3 times
over 1 day and 2 h, or once over 3 days and 6 h. Instances are taken together. In the first hours
of an account they judge by few scrapes, and never by fewer than \`failed_at_least\` that failed.

Each has the labels \`severity\` and \`audience\` (supervisor or sre), and the annotations \`summary\`, \`description\` (what to do) and
\`runbook_url\`. \`dashboard_url\` is there once you set \`urls.grafana\`.

\`critical\` means that somebody must act now, and can. One outage is one alert: VccSnapshotFailing leaves out rejected credentials
(VccAuthFailing), VccExporterAbsent leaves out targets that are down (VccExporterDown), and VccDataStale leaves out accounts that cannot be
read or are gone. An account that you remove from the configuration ends its alerts within \`recent\` (5 minutes).

A scrape that fails neither starts \`for\` again nor ends an alert: all alerts use the newest sample of the last 5 minutes (\`recent\`). With a
scrape interval above 2 minutes, raise it.

Who is told of which, and when: [alertmanager.md](alertmanager.md).

## Where to load them

**Prometheus**: \`rule_files: [vcc-alerts.yml, vcc-recordings.yml]\`. VccExporterDown looks at jobs whose names begin with \`vcc\`: name
yours so, or set \`job\` in the thresholds.

**Grafana Cloud and Mimir**: \`mimirtool rules load alerts/prometheus/vcc-alerts.yml --address=… --id=… --key=…\`, which takes the name
of the file as the namespace.

**Amazon Managed Service for Prometheus** takes the same files, each as a namespace, and the Alertmanager’s configuration below a key
of its own; its receivers are SNS topics and PagerDuty, to which the example has to be changed:

\`\`\`sh
aws amp create-rule-groups-namespace --workspace-id ws-… --name vcc-alerts \\
  --data fileb://alerts/prometheus/vcc-alerts.yml
\`\`\`

**Grafana’s own alerting**: put alerts/grafana/vcc-alerts.yml into \`provisioning/alerting/\`, with the uid of your data source in
place of \`prometheus\`. Amazon Managed Grafana and Grafana Cloud have no files to provision from: there import the Prometheus
rules (Alerting, *Import alert rules*; Grafana 12 and later), or let Amazon’s Prometheus or Mimir evaluate them. No data is no
alert, as in Prometheus; VccExporterAbsent and VccAccountMissing tell of that.

## Recordings

| Series | Expression |
| --- | --- |
${recordings.map(({ record, expr }) => `| \`${record}\` | \`${cell(expr)}\` |`).join('\n')}

How they were tested, and which alert fires when: [Verification](../explain/verification.md#alerts).
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

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
