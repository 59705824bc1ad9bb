import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { type AlertSettings, thresholdOf } from '../alerts/settings.ts';
import { datasource, type Panel, stat } from './panels.ts';
import { dataAge, missingAccounts, select } from './promql.ts';

/** Panels under a heading. */
export interface Section {
  title: string;
  panels: readonly Panel[];
  /** Folded until somebody opens it. */
  collapsed?: true;
}

/** A dashboard as declared. */
export interface DashboardOptions {
  uid: string;
  title: string;
  description: string;
  /** Which of the four it is, as a tag. */
  tag: string;
  /** Variables besides the data source, job and account. */
  variables?: readonly dashboard.QueryVariableBuilder[];
  sections: readonly Section[];
  range?: string;
}

const columns = 24;

/**
 * The version of the classic schema: what Grafana 11 writes, so that later ones migrate it and
 * Grafana 10 reads it.
 */
const schemaVersion = 39;

/**
 * A dashboard as Grafana reads it: every panel placed, numbered and wired to the variables. Its
 * first line says whether its numbers are true and complete.
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
    panels: place(bannerOf(settings), sections),
  };
}

/**
 * Loud when the numbers are not true, not complete or old, quiet otherwise. Classic JSON hides no
 * panel.
 */
function bannerOf(settings: AlertSettings): Panel {
  const stale = thresholdOf(settings, 'VccDataStale', 'older_than');
  const lacking = `(${missingAccounts(settings)} > bool 0) + (max(${dataAge(settings)}) > bool ${stale} or vector(0))`;
  return stat({
    title: 'Can these numbers be trusted?',
    description:
      'Whether the numbers come from Vonage, from all chosen accounts, and are not old. Missing or old: the dashboard Exporter has the reason. An account that was taken out of the configuration is not missing; one whose exporter was removed counts as missing for a day (`remember` in the thresholds). Simulated (vcc_simulated): if the account should be real, check its VCC_API_URL, VCC_TOKEN_URL and credentials.',
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

/** Apart from the others, whose numbers are in links. */
const bannerId = 1000;

/** To the other dashboards of this family, with what was chosen here. */
const linkToOthers = {
  title: 'Contact center',
  type: dashboard.DashboardLinkType.Dashboards,
  icon: 'dashboard',
  tooltip: 'Floor, Team, Interactions, Exporter',
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
 * A variable of which all values are chosen at first: those not known yet, and series without the
 * label, which OTLP may bring.
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
 * The banner, then left to right, top to bottom; numbers follow the order, so that links to panels
 * last.
 */
function place(top: Panel, sections: readonly Section[]): (dashboard.Panel | dashboard.RowPanel)[] {
  let id = 0;
  let y = top.height;
  const placed: (dashboard.Panel | dashboard.RowPanel)[] = [
    { ...top.build(), transparent: true, id: bannerId, gridPos: { x: 0, y: 0, w: top.width, h: top.height } },
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

/** Without what the builder sets for newer schemas only. */
function withoutPlacement({ panels: _, ...rest }: dashboard.Dashboard): dashboard.Dashboard {
  return rest;
}
