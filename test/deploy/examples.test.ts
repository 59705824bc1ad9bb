import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { settings } from '../../src/config/settings.ts';
import { regions } from '../../src/vcc/regions.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const inFolder = (folder: string) => readdirSync(new URL(folder, root)).map((file) => `${folder}${file}`);

const terraform = read('deploy/terraform/variables.tf');
/** The names in the list that contains this name. */
const listWith = (text: string, name: string) => {
  const lists = text.match(/\[[^[\]]*\]/g)!.map((list): string[] => list.match(/\bVCC_\w+/g) ?? []);
  return lists.filter((names) => names.includes(name)).flat();
};

describe('the examples for Terraform and CDK', () => {
  const files = ['deploy/terraform/', 'deploy/cdk/']
    .flatMap(inFolder)
    .filter((path) => /\.(tf|mjs|md)$/.test(path));

  test.each(files)('%s names settings that exist', (path) => {
    const names = read(path).match(/\bVCC_[A-Z_]*[A-Z]\b/g) ?? [];
    expect(names.filter((name) => !(name in settings))).toEqual([]);
  });

  test('refuse the credentials that serverless.yml refuses', () => {
    const { refusals } = createRequire(import.meta.url)('../../deploy/parameters.cjs') as {
      refusals: { names: string[] }[];
    };
    const credentials = [
      ...listWith(terraform, 'VCC_CLIENT_SECRET'),
      ...listWith(terraform, 'VCC_PUSH_TOKEN'),
    ];
    expect(credentials).toEqual(refusals.find(({ names }) => names.includes('VCC_CLIENT_SECRET'))!.names);
    expect(listWith(terraform, 'VCC_PUSH_STATE')).toEqual(
      expect.arrayContaining(refusals.find(({ names }) => names.includes('VCC_PUSH_STATE'))!.names),
    );
  });

  test('know the regions', () => {
    expect(terraform).toContain(`contains(${JSON.stringify(regions).replaceAll(',', ', ')}, var.region)`);
  });

  test('name exact versions of CDK', () => {
    const { dependencies, devDependencies } = JSON.parse(read('deploy/cdk/package.json'));
    for (const version of Object.values({ ...dependencies, ...devDependencies })) {
      expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });
});
