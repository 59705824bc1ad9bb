import { Gauge, type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';
import type { AgentSeries } from '../snapshot/agent-series.ts';
import type { Ages } from '../snapshot/ages.ts';
import type { Floor } from '../snapshot/floor.ts';
import type { Reading } from '../snapshot/reading.ts';
import type { Teams } from '../snapshot/teams.ts';

/** The labels of a sample, name to value. */
export type Labels = Readonly<Record<string, string>>;

/**
 * One sample. The parts of a histogram have a name of their own, and labels that all parts of a row share; so do all
 * series of an agent. Shared labels are the same object, so that an encoder need write them only once.
 */
export interface Sample {
  labels: Labels;
  value: number;
  metricName?: string;
  sharedLabels?: Labels;
}

/**
 * All samples of one metric, in the form in which prom-client's registry hands them out (`getMetricsAsJSON()`),
 * with the two types that OpenMetrics adds.
 */
export interface Family {
  name: string;
  help: string;
  type: 'gauge' | 'gaugehistogram' | 'info';
  unit: 'seconds' | undefined;
  aggregator: 'omit';
  values: Sample[];
}

/** What is running. */
export interface Build {
  version: string;
  /** The commit it was built from. */
  revision: string;
  nodejs: string;
}

/** What the metrics of one scrape are computed from. */
export interface Facts {
  build: Build;
  readings: readonly Reading[];
}

/** A metric as declared: what it is called, means and comes from, and how to compute it. */
export interface Metric {
  name: string;
  help: string;
  type: Family['type'];
  unit: Family['unit'];
  labelNames: readonly string[];
  /** Whether there are labels besides, which the user names. */
  openLabels?: true;
  /** The API field or the part of the exporter that the number comes from. */
  source: string;
  toFamily(facts: Facts): Family;
}

interface Declaration {
  name: `vcc_${string}`;
  help: string;
  source: string;
}

interface GaugeDeclaration<Input, Row> extends Declaration {
  /** One row per series; known states are rows with 0. */
  rows: (input: Input) => readonly Row[];
  labels?: Readonly<Record<string, (row: NoInfer<Row>) => string>>;
  /** Undefined: no sample. */
  value: (row: NoInfer<Row>) => number | boolean | undefined;
}

interface HistogramDeclaration<Input, Row> extends Declaration {
  rows: (input: Input) => readonly Row[];
  labels?: Readonly<Record<string, (row: NoInfer<Row>) => string>>;
  ages: (row: NoInfer<Row>) => Ages;
}

/** A gauge of every scrape of an account, successful or not. */
export function scrapeGauge<Row>(declaration: GaugeDeclaration<Reading, Row>): Metric {
  return gauge<Row>(declaration, (reading) => declaration.rows(reading));
}

/** A gauge of an account's floor; without a snapshot it has no samples. */
export function floorGauge<Row>(declaration: GaugeDeclaration<Floor, Row>): Metric {
  return gauge<Row>(declaration, ({ floor }) => (floor ? declaration.rows(floor) : []));
}

/** A gauge of an account's teams; without a roster it has no samples. */
export function teamGauge<Row>(declaration: GaugeDeclaration<Teams, Row>): Metric {
  return gauge<Row>(declaration, ({ teams }) => (teams ? declaration.rows(teams) : []));
}

/** A gauge of an account's agents; `add` takes a series of this agent. */
export function agentGauge<Name extends string = never>(
  declaration: Declaration & {
    labels?: readonly Name[];
    samples: (
      agent: AgentSeries,
      add: (labels: Readonly<Record<Name, string>>, value: number | boolean) => void,
    ) => void;
  },
): Metric {
  const { name, help, source, labels = [], samples } = declaration;
  return {
    name,
    help,
    source,
    type: 'gauge',
    unit: unitOf(name),
    labelNames: ['account', 'agent_id', ...labels],
    toFamily({ readings }) {
      const values: Sample[] = [];
      let sharedLabels: Labels = none;
      const add = (labels: Labels, value: number | boolean) => {
        values.push({ labels, value: Number(value), sharedLabels });
      };
      for (const { agentSeries } of readings) {
        for (const agent of agentSeries?.agents ?? []) {
          sharedLabels = agent.labels;
          samples(agent, add);
        }
      }
      return { name, help, type: 'gauge', unit: unitOf(name), aggregator: 'omit', values };
    },
  };
}

/** What the roster says of agents as labels of a constant 1; the columns that are labels are the user's choice. */
export function agentInfo(declaration: Declaration): Metric {
  const metric = agentGauge({ ...declaration, samples: (agent, add) => add(agent.info, 1) });
  return {
    ...metric,
    type: 'info',
    openLabels: true,
    toFamily: (facts) => ({ ...metric.toFamily(facts), type: 'info' }),
  };
}

function gauge<Row>(
  { name, help, source, labels = {}, value }: Omit<GaugeDeclaration<never, Row>, 'rows'>,
  rows: (reading: Reading) => readonly Row[],
): Metric {
  const toLabels = labelling(labels);
  return {
    name,
    help,
    source,
    type: 'gauge',
    unit: unitOf(name),
    labelNames: ['account', ...Object.keys(labels)],
    toFamily({ readings }) {
      const values: Sample[] = [];
      for (const reading of readings) {
        for (const row of rows(reading)) {
          const number = value(row);
          if (number !== undefined)
            values.push({ labels: toLabels(reading.account, row), value: Number(number) });
        }
      }
      return { name, help, type: 'gauge', unit: unitOf(name), aggregator: 'omit', values };
    },
  };
}

/**
 * A gauge histogram of ages in seconds: how the ages are spread now. Not a cumulative histogram, which would
 * count the same agent again at every scrape; so no rate() over it.
 */
export function ageHistogram<Row>(declaration: HistogramDeclaration<Floor, Row>): Metric {
  return histogram(declaration, ({ floor }) => floor);
}

/** A gauge histogram of ages in seconds, by team. */
export function teamAgeHistogram<Row>(declaration: HistogramDeclaration<Teams, Row>): Metric {
  return histogram(declaration, ({ teams }) => teams);
}

function histogram<Input extends { ageBuckets: readonly number[] }, Row>(
  declaration: HistogramDeclaration<Input, Row>,
  inputOf: (reading: Reading) => Input | undefined,
): Metric {
  const { name, help, source, labels = {}, rows, ages } = declaration;
  const toLabels = labelling(labels);
  const parts = { bucket: `${name}_bucket`, gcount: `${name}_gcount`, gsum: `${name}_gsum` };
  return {
    name,
    help,
    source,
    type: 'gaugehistogram',
    unit: unitOf(name),
    labelNames: ['account', ...Object.keys(labels)],
    toFamily({ readings }) {
      const values: Sample[] = [];
      for (const reading of readings) {
        const input = inputOf(reading);
        if (!input) continue;
        const bounds = [...input.ageBuckets.map(toLe), '+Inf'].map((le) => ({ le }));
        for (const row of rows(input)) {
          const { count, cumulative, sumSeconds } = ages(row);
          const sharedLabels = toLabels(reading.account, row);
          for (const [index, labels] of bounds.entries()) {
            values.push({
              labels,
              value: cumulative[index] ?? count,
              metricName: parts.bucket,
              sharedLabels,
            });
          }
          values.push({ labels: none, value: count, metricName: parts.gcount, sharedLabels });
          values.push({ labels: none, value: sumSeconds, metricName: parts.gsum, sharedLabels });
        }
      }
      return { name, help, type: 'gaugehistogram', unit: unitOf(name), aggregator: 'omit', values };
    },
  };
}

/** Facts about the exporter itself as labels of a constant 1; the only kind without the label account. */
export function buildInfo({
  name,
  help,
  source,
  labels,
}: Declaration & { labels: Readonly<Record<string, (build: Build) => string>> }): Metric {
  const entries = Object.entries(labels);
  return {
    name,
    help,
    source,
    type: 'info',
    unit: undefined,
    labelNames: Object.keys(labels),
    toFamily({ build }) {
      const own = Object.fromEntries(entries.map(([label, of]) => [label, of(build)]));
      return {
        name,
        help,
        type: 'info',
        unit: undefined,
        aggregator: 'omit',
        values: [{ labels: own, value: 1 }],
      };
    },
  };
}

const none: Labels = {};

/** Seconds since 1970 of a time in milliseconds. */
export function toSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}

function labelling<Row>(
  labels: Readonly<Record<string, (row: Row) => string>>,
): (account: string, row: Row) => Labels {
  const entries = Object.entries(labels);
  return (account, row) => {
    const own: Record<string, string> = { account };
    for (const [label, of] of entries) own[label] = of(row);
    return own;
  };
}

/** OpenMetrics: the unit is the end of the name. */
function unitOf(name: string): 'seconds' | undefined {
  return name.endsWith('_seconds') ? 'seconds' : undefined;
}

/** A bound as the label `le` has it. OpenMetrics: bucket bounds are canonical floats. */
export function toLe(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

/** A gauge whose samples are computed already; prom-client checks its name and labels and refuses duplicates. */
class FamilyGauge extends Gauge<string> {
  readonly #family: Family;

  constructor(registry: Registry, family: Family, labelNames: readonly string[]) {
    const { name, help } = family;
    super({ name, help, labelNames: [...labelNames], registers: [registry], aggregator: 'omit' });
    this.#family = family;
  }

  override get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    // prom-client's MetricType lacks the two types of OpenMetrics; everything else is its own form.
    return Promise.resolve(this.#family as unknown as MetricObjectWithValues<MetricValue<string>>);
  }
}

/**
 * A new registry with the metrics of one scrape: label values that are gone are gone, and scrapes may overlap.
 * Its `getMetricsAsJSON()` gives {@link Family} values in the order of the metrics.
 */
export function toRegistry(metrics: readonly Metric[], facts: Facts): Registry {
  const registry = new Registry();
  for (const metric of metrics) new FamilyGauge(registry, metric.toFamily(facts), metric.labelNames);
  return registry;
}
