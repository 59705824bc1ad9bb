import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { problemOf } from '../../scripts/node-version.cjs';

const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

test.each(['20.19.0', '20.20.2', '22.13.0', '22.23.3', '24.0.0', '25.1.0', '26.10.0'])(
  'Node.js %s will do',
  (version) => {
    expect(problemOf(version, engines.node)).toBeUndefined();
  },
);

test.each([
  ['18.19.0', '20.19', '18.19'],
  ['8.17.0', '20.19', '8.17'],
  ['20.18.3', '20.19', '20.18'],
  ['21.7.3', '22.13', '21.7'],
  ['22.12.0', '22.13', '22.12'],
  ['23.11.0', '24.0', '23.11'],
])('Node.js %s will not, and the next one that does is named', (version, needed, named) => {
  expect(problemOf(version, engines.node)).toBe(
    `Node.js ${needed} or later is required, and this is ${named}`,
  );
});
