import type { DataTransformerConfig, FieldConfigSource, TimeRange } from '@grafana/data';

/** A panel of classic dashboard JSON, with the properties that are used here. */
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

/** The job that the command line gives to the page. */
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

/** The result that the page returns to the command line when it is ready. */
export interface Report {
  panels: number;
  height: number;
  errors: string[];
  /** Titles of the panels that show no value. */
  empty: string[];
}

/** The values that all panels of a dashboard share. */
export interface Scope {
  job: Job;
  range: TimeRange;
  /** Replaces variables for PromQL or, with `shown`, for readers. */
  replace(text: string, more?: Record<string, string>, shown?: 'shown'): string;
}
