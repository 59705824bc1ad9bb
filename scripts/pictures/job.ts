import type { DataTransformerConfig, FieldConfigSource, TimeRange } from '@grafana/data';

/** A panel of classic dashboard JSON, as far as it is read here. */
export interface Panel {
  type: string;
  title?: string;
  description?: string;
  transparent?: boolean;
  collapsed?: boolean;
  gridPos: { x: number; y: number; w: number; h: number };
  // biome-ignore lint/suspicious/noExplicitAny: each type of panel has options of its own
  options?: any;
  fieldConfig?: Partial<FieldConfigSource>;
  targets?: Target[];
  transformations?: DataTransformerConfig[];
  interval?: string;
  maxDataPoints?: number;
  panels?: Panel[];
}

/** A query for Prometheus, as the dashboard has it. */
export interface Target {
  refId: string;
  expr: string;
  legendFormat?: string;
  format?: 'time_series' | 'table';
  instant?: boolean;
  interval?: string;
  intervalFactor?: number;
  hide?: boolean;
}

/** What the command line asks the page for. */
export interface Job {
  dashboard: {
    title: string;
    panels: Panel[];
    time?: { from: string };
    // biome-ignore lint/suspicious/noExplicitAny: each type of variable has properties of its own
    templating?: { list: any[] };
  };
  at: number;
  range?: string;
  variables: Record<string, string[]>;
  theme: 'dark' | 'light';
  timezone: string;
  interval: string;
}

/** What the page tells the command line when it is ready. */
export interface Report {
  panels: number;
  height: number;
  errors: string[];
  /** Titles of the panels that show no value. */
  empty: string[];
}

/** What the panels of a dashboard have in common. */
export interface Scope {
  job: Job;
  range: TimeRange;
  /** Replaces variables as PromQL needs them or, with `shown`, as a reader sees them. */
  replace(text: string, more?: Record<string, string>, shown?: 'shown'): string;
}
