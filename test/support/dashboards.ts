import { readFileSync } from 'node:fs';
import { queueMetrics } from '../../src/catalogue/queues.ts';
import { takeApart } from './promql.ts';

/** A panel of a dashboard's file, as far as tests read it. */
export interface PanelJson {
  id: number;
  type: string;
  title: string;
  description?: string;
  collapsed?: boolean;
  transparent?: boolean;
  panels?: PanelJson[];
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { type: string; uid: string };
  targets?: {
    refId: string;
    expr: string;
    legendFormat?: string;
    instant?: boolean;
    format?: string;
    datasource: { type: string; uid: string };
  }[];
  transformations?: { id: string; options: TableColumns }[];
  options?: Record<string, unknown>;
  fieldConfig?: {
    defaults: {
      unit?: string;
      noValue?: string;
      color?: { mode: string };
      thresholds?: { steps: { value: number | null; color: string }[] };
      mappings?: { type: string; options: Record<string, unknown> }[];
    };
    overrides: { matcher: { id: string; options: unknown }; properties: { id: string; value: unknown }[] }[];
  };
}

/** What `organize` does with the columns of a table, by their names. */
interface TableColumns {
  renameByName?: Record<string, string>;
  excludeByName?: Record<string, boolean>;
  indexByName?: Record<string, number>;
}

/** A dashboard's file, as far as tests read it. */
export interface DashboardJson {
  uid: string;
  title: string;
  tags: string[];
  editable: boolean;
  schemaVersion: number;
  refresh: string;
  time: { from: string; to: string };
  links: { type: string; tags: string[]; includeVars: boolean; keepTime: boolean }[];
  templating: {
    list: {
      name: string;
      label?: string;
      type: string;
      query: unknown;
      multi?: boolean;
      includeAll?: boolean;
      allValue?: string;
      refresh?: number;
      current?: { value: unknown };
      datasource?: { uid: string };
    }[];
  };
  panels: PanelJson[];
}

const files = ['vcc-floor', 'vcc-team', 'vcc-interactions', 'vcc-queues', 'vcc-exporter'];

/** The dashboards as they are committed, by uid. */
export function readDashboards(): [uid: string, dashboard: DashboardJson][] {
  return files.map((name) => {
    const url = new URL(`../../dashboards/grafana/${name}.json`, import.meta.url);
    return [name, JSON.parse(readFileSync(url, 'utf8')) as DashboardJson];
  });
}

/** All panels, those in folded rows too; rows themselves are left out. */
export function panelsOf({ panels }: DashboardJson): PanelJson[] {
  return panels.flatMap((panel) => (panel.type === 'row' ? (panel.panels ?? []) : [panel]));
}

/** A query with the variables of a dashboard filled in, as when everything is selected. */
export function fillIn(expr: string, chosen: Readonly<Record<string, string>> = {}): string {
  const values: Record<string, string> = {
    job: '.*',
    account: '.*',
    team: '.*',
    agent: '.*',
    queue: '.*',
    __rate_interval: '2m',
    __interval: '1m',
    __range: '3h',
    ...chosen,
  };
  return expr.replace(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced, bare) => values[braced ?? bare] ?? whole);
}

/** Whether a query has data only where queues are read. */
export function needsQueues(expr: string): boolean {
  const names: ReadonlySet<string> = new Set(queueMetrics.map(({ name }) => name));
  return takeApart(fillIn(expr)).selectors.some(({ metric }) => names.has(metric));
}
