import { Gauge, type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';
import { firstRelease, type Lifecycle, type Version, withDeprecation } from '../lifecycle.ts';
import type { AgentSeries } from '../snapshot/agent-series.ts';
import type { Ages } from '../snapshot/ages.ts';
import type { Floor } from '../snapshot/floor.ts';
import type { Reading } from '../snapshot/reading.ts';
import type { Teams } from '../snapshot/teams.ts';

/** The labels of a sample, by name. */
export type Labels = Readonly<Record<string, string>>;

/**
 * One sample. All series of an agent have the same object as `sharedLabels`, so that an encoder can
 * write them once.
 */
export interface Sample {
  labels: Labels;
  value: number;
  sharedLabels?: Labels;
}

/**
 * All samples of one metric, as {@link toRegistry} returns them. OpenMetrics adds the type info.
 */
export interface Family {
  name: string;
  help: string;
  type: 'gauge' | 'info';
  unit: 'seconds' | undefined;
  values: Sample[];
}

/** The running build. */
export interface Build {
  version: string;
  /** The commit of the build. */
  revision: string;
  nodejs: string;
}

/** The input of the metrics of one scrape. */
export interface Facts {
  build: Build;
  /** The number of accounts in the exporter's configuration. */
  accounts: number;
  readings: readonly Reading[];
}

/** The declaration of a metric: name, help, source, and how to compute its samples. */
export interface Metric {
  name: string;
  help: string;
  type: Family['type'];
  unit: Family['unit'];
  labelNames: readonly string[];
  /** Whether the metric has further labels, with names from the settings. */
  openLabels?: true;
  /** The API field, or the part of the exporter, that is the source of the value. */
  source: string;
  since: Version;
  toFamily(facts: Facts): Family;
}

interface Declaration extends Lifecycle {
  name: `vcc_${string}`;
  help: string;
  source: string;
}

/** The declaration of a gauge. `Input` is what its rows are made of. */
export interface GaugeDeclaration<Input, Row> extends Declaration {
  /** One row per series. Known states have a row even if their value is 0. */
  rows: (input: Input) => readonly Row[];
  labels?: Readonly<Record<string, (row: NoInfer<Row>) => string>>;
  /** Returns undefined for no sample. */
  value: (row: NoInfer<Row>) => number | boolean | undefined;
}

/** Declares a gauge of every scrape of an account, successful or not. */
export function scrapeGauge<Row>(declaration: GaugeDeclaration<Reading, Row>): Metric {
  return gauge<Row>(declaration, (reading) => declaration.rows(reading));
}

/** Declares a gauge of an account's floor. Without a snapshot it has no samples. */
export function floorGauge<Row>(declaration: GaugeDeclaration<Floor, Row>): Metric {
  return gauge<Row>(declaration, ({ floor }) => (floor ? declaration.rows(floor) : []));
}

/** Declares a gauge of an account's teams. Without a roster or a snapshot it has no samples. */
export function teamGauge<Row>(declaration: GaugeDeclaration<Teams, Row>): Metric {
  return gauge<Row>(declaration, ({ teams }) => (teams ? declaration.rows(teams) : []));
}

/** Declares a gauge of single agents. Call `add` for each series of an agent. */
export function agentGauge<Name extends string = never>(
  declaration: Declaration & {
    labels?: readonly Name[];
    samples: (
      agent: AgentSeries,
      add: (labels: Readonly<Record<Name, string>>, value: number | boolean) => void,
    ) => void;
  },
): Metric {
  const { labels = [], samples } = declaration;
  return toMetric(declaration, ['account', 'agent_id', ...labels], ({ readings }) => {
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
    return values;
  });
}

/** Declares an info with the agents' roster columns as labels. The settings choose the columns. */
export function agentInfo(declaration: Declaration): Metric {
  const metric = agentGauge({ ...declaration, samples: (agent, add) => add(agent.info, 1) });
  return { ...asInfo(metric), openLabels: true };
}

/** Returns a gauge whose values are all 1 as an info. */
export function asInfo(metric: Metric): Metric {
  return { ...metric, type: 'info', toFamily: (facts) => ({ ...metric.toFamily(facts), type: 'info' }) };
}

function gauge<Row>(
  { labels = {}, value, ...declaration }: Omit<GaugeDeclaration<never, Row>, 'rows'>,
  rows: (reading: Reading) => readonly Row[],
): Metric {
  const toLabels = labelling(labels);
  return toMetric(declaration, ['account', ...Object.keys(labels)], ({ readings }) => {
    const values: Sample[] = [];
    for (const reading of readings) {
      for (const row of rows(reading)) {
        const number = value(row);
        if (number !== undefined)
          values.push({ labels: toLabels(reading.account, row), value: Number(number) });
      }
    }
    return values;
  });
}

/** Declares a gauge of the exporter itself, without the label account. */
export function exporterGauge({
  labels = {},
  value,
  ...declaration
}: Declaration & {
  labels?: Readonly<Record<string, (build: Build) => string>>;
  value: (facts: Facts) => number;
}): Metric {
  const entries = Object.entries(labels);
  return toMetric(declaration, Object.keys(labels), (facts) => {
    const own = Object.fromEntries(entries.map(([label, of]) => [label, of(facts.build)]));
    return [{ labels: own, value: value(facts) }];
  });
}

function toMetric(
  declaration: Declaration,
  labelNames: readonly string[],
  toValues: (facts: Facts) => Sample[],
): Metric {
  const { name, source, since = firstRelease } = declaration;
  const help = withDeprecation(declaration.help, declaration);
  const unit = unitOf(name);
  return {
    name,
    help,
    source,
    since,
    type: 'gauge',
    unit,
    labelNames,
    toFamily: (facts) => ({ name, help, type: 'gauge', unit, values: toValues(facts) }),
  };
}

const none: Labels = {};

/** Converts ms to seconds. Undefined stays undefined. */
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

/** In OpenMetrics, the name ends in the unit. */
function unitOf(name: string): 'seconds' | undefined {
  return name.endsWith('_seconds') ? 'seconds' : undefined;
}

/** A row of a metric that counts members of a state that are in it for longer than a bound. */
export interface LongerThan {
  /** The bound, for the label `seconds`. */
  seconds: string;
  count: number;
}

/** Returns a row for each bound. Bounds are in seconds. */
export function longerThan(bounds: readonly number[], { longerThan }: Ages): LongerThan[] {
  return bounds.map((bound, index) => ({ seconds: String(bound), count: longerThan[index]! }));
}

/**
 * A gauge with computed samples. prom-client checks its name and labels, and rejects duplicates.
 */
class FamilyGauge extends Gauge<string> {
  readonly #family: Family;

  constructor(registry: Registry, family: Family, labelNames: readonly string[]) {
    const { name, help } = family;
    super({ name, help, labelNames: [...labelNames], registers: [registry] });
    this.#family = family;
  }

  override get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    // prom-client's MetricType lacks `info`, and its aggregator is for clusters. Everything else
    // has the right type.
    return Promise.resolve(this.#family as unknown as MetricObjectWithValues<MetricValue<string>>);
  }
}

/**
 * Creates a registry with the metrics of one scrape. A new one per scrape never keeps old label
 * values, and scrapes may overlap. Its `getMetricsAsJSON()` returns {@link Family} values in the
 * order of the metrics.
 */
export function toRegistry(metrics: readonly Metric[], facts: Facts): Registry {
  const registry = new Registry();
  for (const metric of metrics) new FamilyGauge(registry, metric.toFamily(facts), metric.labelNames);
  return registry;
}
