import { createHash } from 'node:crypto';
import type { AlertRule, RuleGroup } from './rules.ts';

/** What Grafana-managed rules need besides the rules of Prometheus. */
export interface GrafanaOptions {
  /** The uid of the data source. Provisioning can read it from the environment. */
  datasource: string;
  folder: string;
}

/**
 * Returns Grafana-managed alert rules for file provisioning. They have the form that Grafana
 * produces when it imports rules of Prometheus, so that they behave the same:
 * - The query is followed by a threshold that is true for every number.
 * - No data is no alert, and an error is an error.
 * - If the series of an alert ends, the alert resolves at once.
 */
export function toGrafanaProvisioning(groups: readonly RuleGroup[], options: GrafanaOptions) {
  return {
    apiVersion: 1,
    groups: groups.map(({ name, interval, rules }) => ({
      orgId: 1,
      name,
      folder: options.folder,
      interval,
      rules: rules.map((rule) => toGrafanaRule(rule, options.datasource)),
    })),
  };
}

function toGrafanaRule(
  { alert, expr, for: pending = '0s', labels, annotations }: AlertRule,
  datasource: string,
) {
  const expression = { type: '__expr__', uid: '__expr__' };
  const range = { from: 600, to: 0 };
  return {
    uid: uidOf(alert),
    title: alert,
    condition: 'threshold',
    data: [
      {
        refId: 'query',
        queryType: 'prometheus',
        relativeTimeRange: range,
        datasourceUid: datasource,
        model: {
          refId: 'query',
          datasource: { type: 'prometheus', uid: datasource },
          expr,
          instant: true,
          range: false,
        },
      },
      {
        refId: 'prometheus_math',
        queryType: 'math',
        relativeTimeRange: range,
        datasourceUid: '__expr__',
        model: {
          refId: 'prometheus_math',
          datasource: expression,
          type: 'math',
          expression: 'is_number($query) || is_nan($query) || is_inf($query)',
        },
      },
      {
        refId: 'threshold',
        queryType: 'threshold',
        relativeTimeRange: range,
        datasourceUid: '__expr__',
        model: {
          refId: 'threshold',
          datasource: expression,
          type: 'threshold',
          expression: 'prometheus_math',
          conditions: [{ evaluator: { type: 'gt', params: [0] } }],
        },
      },
    ],
    noDataState: 'OK',
    execErrState: 'Error',
    missing_series_evals_to_resolve: 1,
    for: pending,
    labels,
    // In Grafana, $value is a text with the values of all steps.
    annotations: mapValues(annotations, (text) => text.replace(/\$value\b/g, '$values.query.Value')),
    isPaused: false,
  };
}

/** Returns a stable uid of at most 40 characters that other rules do not have. */
const uidOf = (alert: string) => `vcc-${createHash('sha256').update(alert).digest('hex').slice(0, 16)}`;

function mapValues(record: Readonly<Record<string, string>>, change: (text: string) => string) {
  return Object.fromEntries(Object.entries(record).map(([name, text]) => [name, change(text)]));
}
