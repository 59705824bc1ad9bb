import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { type AlertSettings, thresholdOf } from '../alerts/settings.ts';
import { datasource, type Panel, stat } from './panels.ts';
import { dataAge, missingAccounts, select } from './promql.ts';

/** Panels under a heading. */
export interface Section {
  title: string;
  panels: readonly Panel[];
  /** Whether the row is collapsed at first. */
  collapsed?: true;
}

/** The declaration of a dashboard. */
export interface DashboardOptions {
  uid: string;
  title: string;
  description: string;
  /** The tag that only this dashboard has. */
  tag: string;
  /** Variables besides the data source, job and account. */
  variables?: readonly dashboard.QueryVariableBuilder[];
  sections: readonly Section[];
  range?: string;
}

const columns = 24;

/**
 * The version of the classic schema that Grafana 11 writes. Grafana 10 reads it, and later versions
 * migrate it.
 */
const schemaVersion = 39;

/**
 * Returns a dashboard in Grafana's JSON, with the position and number of every panel. Its first
 * panel says whether the numbers can be trusted.
 */
export function toDashboard(settings: AlertSettings, options: DashboardOptions): dashboard.Dashboard {
  const { uid, title, description, tag, variables = [], sections, range = 'now-3h' } = options;
  const builder = new dashboard.DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(['vcc-exporter', 'contact-center', tag])
    .timezone('browser')
    .time({ from: range, to: 'now' })
    .refresh('30s')
    .readonly()
    .tooltip(dashboard.DashboardCursorSync.Crosshair);
  for (const variable of [...common(), ...variables]) builder.withVariable(variable);
  return {
    ...withoutPlacement(builder.build()),
    schemaVersion,
    links: [linkToOthers],
    annotations: { list: [] },
    panels: place(trustPanel(settings), sections),
  };
}

/**
 * Returns the panel that says whether the numbers can be trusted. It is transparent if they can,
 * because the classic schema cannot hide a panel.
 */
function trustPanel(settings: AlertSettings): Panel {
  const stale = thresholdOf(settings, 'VccDataStale', 'older_than');
  const lacking = `(${missingAccounts(settings)} > bool 0) + (max(${dataAge(settings)}) > bool ${stale} or vector(0))`;
  return stat({
    title: 'Can these numbers be trusted?',
    description:
      'Whether the numbers come from Vonage, are recent, and include all chosen accounts. If accounts are missing or old, see the dashboard Exporter. If simulated data should be real, check VCC_API_URL, VCC_TOKEN_URL and the credentials of the account.',
    width: 24,
    height: 3,
    textSize: 22,
    background: true,
    meanings: {
      0: { text: 'Yes: they come from Vonage, and no account is missing' },
      1: { text: 'SIMULATED DATA in at least one account' },
      2: { text: 'No: accounts are missing, or their data is old' },
      3: { text: 'SIMULATED DATA, and accounts are missing or old' },
    },
    steps: [
      [null, 'transparent'],
      [1, 'purple'],
      [2, 'red'],
    ],
    queries: [
      {
        expr: `(max(${select('vcc_simulated')}) or vector(0)) + 2 * clamp_max(${lacking}, 1)`,
      },
    ],
  });
}

/** Outside the range of the other panels, whose numbers links contain. */
const trustId = 1000;

/** The links to the other dashboards, which keep the variables and the time range. */
const linkToOthers = {
  title: 'Contact centre',
  type: dashboard.DashboardLinkType.Dashboards,
  icon: 'dashboard',
  tooltip: 'Floor, Team, Interactions, Queues, Exporter',
  url: '',
  tags: ['vcc-exporter'],
  asDropdown: false,
  targetBlank: false,
  includeVars: true,
  keepTime: true,
};

function common() {
  return [
    new dashboard.DatasourceVariableBuilder('datasource')
      .label('Data source')
      .type('prometheus')
      .current({ text: 'default', value: 'default', selected: true }),
    queryVariable('job', 'Job', 'label_values(vcc_up, job)'),
    queryVariable('account', 'Account', 'label_values(vcc_up{job=~"$job"}, account)'),
  ] as dashboard.QueryVariableBuilder[];
}

/**
 * Returns a variable with *All* as the default. *All* includes later values, and series without the
 * label, which OTLP may produce.
 */
export function queryVariable(name: string, label: string, query: string) {
  return new dashboard.QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query({ qryType: 1, query, refId: 'PrometheusVariableQueryEditor-VariableQuery' })
    .definition(query)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: ['All'], value: ['$__all'], selected: true })
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc);
}

/**
 * Places the panels from left to right and from top to bottom, below the first one. Numbers follow
 * this order, so that links to panels stay valid.
 */
function place(top: Panel, sections: readonly Section[]): (dashboard.Panel | dashboard.RowPanel)[] {
  let id = 0;
  let y = top.height;
  const placed: (dashboard.Panel | dashboard.RowPanel)[] = [
    { ...top.build(), transparent: true, id: trustId, gridPos: { x: 0, y: 0, w: top.width, h: top.height } },
  ];
  for (const { title, panels, collapsed = false } of sections) {
    const row: dashboard.RowPanel = {
      type: 'row',
      id: ++id,
      title,
      collapsed,
      gridPos: { x: 0, y: y++, w: columns, h: 1 },
      panels: [],
    };
    placed.push(row);
    let x = 0;
    let height = 0;
    for (const panel of panels) {
      if (x + panel.width > columns) {
        x = 0;
        y += height;
        height = 0;
      }
      const gridPos = { x, y, w: panel.width, h: panel.height };
      (collapsed ? row.panels : placed).push({ ...panel.build(), id: ++id, gridPos });
      x += panel.width;
      height = Math.max(height, panel.height);
    }
    y += height;
  }
  return placed;
}

/** Removes the panels that the builder has placed. */
function withoutPlacement({ panels: _, ...rest }: dashboard.Dashboard): dashboard.Dashboard {
  return rest;
}

/** Returns a share as a text: `95 %`. */
export const percent = (share: number) => `${Number((share * 100).toPrecision(6))} %`;
