import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A resource or data source of a configuration in its source form: names of attributes, and of
 * blocks with theirs.
 */
export interface Written {
  kind: 'resource' | 'data';
  type: string;
  name: string;
  attributes: string[];
  blocks: Record<string, string[]>;
}

/** The files of a configuration, by name. */
export function readConfiguration(folder: string): Record<string, string> {
  const files = readdirSync(folder).filter((file) => file.endsWith('.tf'));
  return Object.fromEntries(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]));
}

/** All resources and data sources. Relies on the form that `terraform fmt` gives. */
export function findWritten(text: string): Written[] {
  const blocks = text.matchAll(/^(resource|data) "(\w+)" "(\w+)" \{(?:\}|\n([\s\S]*?)^\})/gm);
  return [...blocks].map(([, kind, type, name, body = '']) => ({
    kind: kind as Written['kind'],
    type: type!,
    name: name!,
    attributes: [...body.matchAll(/^ {2}(\w+) += /gm)].map(([, attribute]) => attribute!),
    blocks: Object.fromEntries(
      [...body.matchAll(/^ {2}(\w+) \{\n([\s\S]*?)^ {2}\}/gm)].map(([, block, inner]) => [
        block!,
        [...inner!.matchAll(/^ {4}(\w+)(?: +=| \{)/gm)].map(([, attribute]) => attribute!),
      ]),
    ),
  }));
}

/**
 * The result of a run of a configuration: the evaluated resources by `type.name`, and outputs by
 * name; or the errors.
 */
export interface Evaluated {
  errors: string[];
  resources: Record<string, Record<string, unknown>>;
  outputs: Record<string, unknown>;
}

const reference = /\b(?:data\.)?(aws_\w+)\.(\w+)(\[0\])?\.(\w+)/g;

/**
 * Terraform itself evaluates a configuration, without the AWS provider. Every resource becomes an
 * output of the same expressions. References to an attribute of a resource become its address as
 * text, `aws_iam_role.metrics.arn`.
 */
export function evaluate(
  terraform: string,
  configuration: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, unknown>>,
): Evaluated {
  const top = mkdtempSync(join(tmpdir(), 'vcc-e2e-terraform-'));
  try {
    const folder = join(top, 'deploy', 'terraform');
    const packages = join(top, 'dist', 'package');
    for (const each of [folder, packages]) mkdirSync(each, { recursive: true });
    for (const name of ['metrics', 'push']) writeFileSync(join(packages, `${name}.zip`), name);
    const { 'versions.tf': _, ...others } = configuration;
    for (const [file, text] of Object.entries(others)) writeFileSync(join(folder, file), toOutputs(text));
    writeFileSync(join(folder, 'stubs.tf'), toStubs(Object.values(others).join('\n')));
    writeFileSync(join(folder, 'terraform.tfvars.json'), JSON.stringify(variables));

    const run = (...args: string[]) =>
      spawnSync(terraform, args, {
        cwd: folder,
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: top, CHECKPOINT_DISABLE: '1' },
      });
    const applied = run('apply', '-auto-approve', '-json', '-input=false');
    const lines = applied.stdout.split('\n').filter((line) => line.startsWith('{'));
    const errors = lines
      .map(
        (line) => JSON.parse(line) as { diagnostic?: { severity: string; summary: string; detail: string } },
      )
      .flatMap(({ diagnostic }) => (diagnostic?.severity === 'error' ? [diagnostic] : []))
      .map(({ summary, detail }) => (detail === '' ? summary : detail.split('\n\n')[0]!));
    if (applied.status !== 0) {
      return {
        errors: errors.length > 0 ? errors : [applied.stdout + applied.stderr],
        resources: {},
        outputs: {},
      };
    }
    const given = JSON.parse(run('output', '-json').stdout) as Record<string, { value: unknown }>;
    const entries = Object.entries(given).map(
      ([name, { value }]) => [name.replace('__', '.'), value] as const,
    );
    return {
      errors,
      resources: Object.fromEntries(
        entries.filter(([name]) => name.includes('.')) as [string, Record<string, unknown>][],
      ),
      outputs: Object.fromEntries(entries.filter(([name]) => !name.includes('.'))),
    };
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

/** Resources as outputs. Blocks and lists of resources by address are plain values. */
function toOutputs(text: string): string {
  return text
    .replace(/^data "\w+" "\w+" \{\}\n/gm, '')
    .replace(/^resource "(\w+)" "(\w+)" \{\n([\s\S]*?)^\}/gm, (_, type, name, body: string) => {
      const value = body
        .replace(/^( +)(\w+) \{$/gm, '$1$2 = {')
        .replace(/^( +depends_on += )\[(.*)\]$/m, '$1["$2"]');
      return `output "${type}__${name}" {\n  value = {\n${value}  }\n}`;
    })
    .replace(reference, 'local.$1__$2$3.$4');
}

/** An object for every resource that is referred to. */
function toStubs(text: string): string {
  const stubs = new Map<string, { listed: boolean; attributes: Set<string>; address: string }>();
  for (const [, type, name, index, attribute] of text.matchAll(reference)) {
    const stub = stubs.get(`${type}__${name}`) ?? {
      listed: index !== undefined,
      attributes: new Set(),
      address: `${type}.${name}`,
    };
    stub.attributes.add(attribute!);
    stubs.set(`${type}__${name}`, stub);
  }
  const lines = [...stubs].map(([name, { listed, attributes, address }]) => {
    const fields = [...attributes].map((each) => `${each} = "${toStub(address, each)}"`).join(', ');
    return `  ${name} = ${listed ? `[{ ${fields} }]` : `{ ${fields} }`}`;
  });
  return `locals {\n${lines.join('\n')}\n}\n`;
}

/** An address in place of an attribute's value, or a URL where one is parsed. */
function toStub(address: string, attribute: string): string {
  return attribute === 'function_url' ? `https://${address}/` : `${address}.${attribute}`;
}
