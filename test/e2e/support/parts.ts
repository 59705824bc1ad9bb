import { existsSync, readFileSync } from 'node:fs';
import { describe } from '@jest/globals';

/** The parts that scripts/e2e.mjs got from outside. */
export interface Parts {
  prometheus: { prometheus: string; promtool: string };
  alertmanager: { alertmanager: string; amtool: string };
  /** The newest promtool and amtool, and actionlint. */
  goTools: { promtool: string; amtool: string; actionlint: string };
  pushgateway: { binary: string };
  victoriaMetrics: { binary: string };
  /** A Prometheus and a VictoriaMetrics that accept OTLP. */
  otlpReceivers: { prometheus: string; victoriaMetrics: string };
  python: { python: string; env: Record<string, string> };
  node24: { node: string };
  /** Too old. */
  node18: { node: string };
  /** Lambda's runtime client: a script for this Node.js 24. */
  runtimeClient: { client: string; node: string };
  /** A Python that has the module moto.server. */
  moto: { python: string; env: Record<string, string> };
  /** A folder for PATH with `aws` and `jq`; bash, curl, git and openssl are there too. */
  awsCli: { folder: string };
  /** A Python that has the module cfnlint. */
  cfnLint: { python: string; env: Record<string, string> };
  hadolint: { hadolint: string };
  /** Docker's Compose, without Docker. */
  compose: { compose: string };
  systemdAnalyze: { analyze: string; env: Record<string, string> };
  /** Where npm installed buf and protoc-gen-es. */
  buf: { folder: string };
  /** OpenTofu or Terraform. */
  terraform: { terraform: string };
  /** An npm archive that is generated from the schema of Terraform's AWS provider. */
  awsProvider: { archive: string };
  /** The folder of packages that deploy/cdk needs. */
  cdk: { packages: string };
  /** tinyproxy, and openssl. */
  proxy: { binary: string; openssl: string };
}

type Found = { [Name in keyof Parts]?: Parts[Name] | { missing: string } };

const file = new URL('../../../.cache/e2e/parts.json', import.meta.url);

function findParts(): Found {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Found) : {};
}

const found = findParts();

/**
 * A block of tests that need these parts. Without one of them it is skipped, and its title gives
 * the reason.
 */
export function describeWith<const Names extends readonly (keyof Parts)[]>(
  names: Names,
  title: string,
  tests: (parts: Pick<Parts, Names[number]>) => void,
): void {
  // A missing part is an object all the same: a skipped block is called too, and reads parts of it.
  const wanted = Object.fromEntries(
    names.map((name) => [name, found[name] ?? { missing: 'it is not set up; `npm run e2e` does that' }]),
  );
  const reasons = Object.entries(wanted).flatMap(([name, part]) =>
    'missing' in part ? [`no ${name}: ${part.missing}`] : [],
  );
  const skip = reasons.length > 0;
  const block = () => tests(wanted as unknown as Parts);
  if (skip) describe.skip(`${title} [skipped: ${reasons.join('; ')}]`, block);
  else describe(title, block);
}
