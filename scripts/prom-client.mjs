// What bundles take for prom-client: the two classes that are used. Its index also loads its
// default metrics, its cluster and Pushgateway clients and OpenTelemetry's API, half of a bundle
// and most of its start (docs/explain/benchmarks.md).
export { default as Gauge } from '../node_modules/prom-client/lib/gauge.js';
export { default as Registry } from '../node_modules/prom-client/lib/registry.js';
