// Replaces prom-client in bundles by the two classes in use. Its index also loads default metrics,
// cluster and Pushgateway clients, and the API of OpenTelemetry. That would be half of a bundle and
// most of its start (docs/explain/benchmarks.md).
export { default as Gauge } from '../node_modules/prom-client/lib/gauge.js';
export { default as Registry } from '../node_modules/prom-client/lib/registry.js';
