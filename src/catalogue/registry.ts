import { Gauge, type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';
import { catalogue } from './index.ts';
import type { Facts, Family } from './metric.ts';

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
 * Its `getMetricsAsJSON()` gives {@link Family} values in the order of the catalogue.
 */
export function toRegistry(facts: Facts): Registry {
  const registry = new Registry();
  for (const metric of catalogue) new FamilyGauge(registry, metric.toFamily(facts), metric.labelNames);
  return registry;
}
