import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../', import.meta.url));

interface Source {
  path: string;
  text: string;
  /** Paths from the root, without type-only imports. */
  imports: { path: string; typeOnly: boolean }[];
}

const sources: Source[] = ['src', 'handlers', 'alerts', 'dashboards'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => {
      const path = join(folder, file);
      const text = readFileSync(join(root, path), 'utf8');
      const imports = [...text.matchAll(/^(?:import|export)\s+(type\s+)?[^;]*?from '([^']+)';/gm)].map(
        ([, type, from]) => ({
          path: from!.startsWith('.') ? relative(root, resolve(root, dirname(path), from!)) : from!,
          typeOnly: type !== undefined,
        }),
      );
      return { path, text, imports };
    }),
);

const inFolder = (folder: string) => sources.filter(({ path }) => path.startsWith(folder));

/** The files of a room, without those of a room inside it. */
const inRoom = (room: string) =>
  inFolder(room).filter(
    ({ path }) =>
      !Object.keys(rooms).some((inner) => inner !== room && inner.startsWith(room) && path.startsWith(inner)),
  );

/**
 * What each room may know of, values and types. Arrows point from the edge to the core, never back.
 */
const rooms: Record<string, { mayImport: string[]; because: string }> = {
  'src/snapshot/': { mayImport: ['src/snapshot/', 'src/errors.ts'], because: 'the domain knows nobody' },
  'src/exposition/': {
    mayImport: ['src/exposition/', 'src/catalogue/metric.ts'],
    because: 'an encoder writes families down and never computes',
  },
  'src/calibrate/': {
    mayImport: ['src/calibrate/', 'src/snapshot/'],
    because: 'what was observed is judged without further requests',
  },
  'src/catalogue/': {
    mayImport: ['src/catalogue/', 'src/snapshot/', 'src/errors.ts', 'src/lifecycle.ts', 'prom-client'],
    because: 'a metric is computed from a snapshot and never triggers a fetch',
  },
  'src/http/': {
    mayImport: [
      'src/deadline.ts',
      'src/timing.ts',
      'src/http/',
      'src/errors.ts',
      'http-proxy-agent',
      'https-proxy-agent',
      'node:',
    ],
    because: 'HTTP knows nothing of Vonage',
  },
  'src/vcc/': {
    mayImport: [
      'src/cached.ts',
      'src/deadline.ts',
      'src/timing.ts',
      'src/vcc/',
      'src/http/',
      'src/snapshot/agent.ts',
      'src/snapshot/page.ts',
      'src/snapshot/ongoing.ts',
      'src/snapshot/queue-time.ts',
      'src/snapshot/skills.ts',
      'src/snapshot/gaps.ts',
      'src/credentials.ts',
      'src/errors.ts',
    ],
    because: "the API's client knows how to send requests, not why",
  },
  'src/collect.ts': {
    mayImport: [
      'src/deadline.ts',
      'src/timing.ts',
      'src/vcc/fetch-page.ts',
      'src/vcc/errors.ts',
      'src/http/',
      'src/snapshot/',
      'src/errors.ts',
    ],
    because: 'collecting never depends on the selected metrics',
  },
  'src/config/': {
    mayImport: [
      'src/deadline.ts',
      'src/config/',
      'src/credentials.ts',
      'src/vcc/regions.ts',
      'src/snapshot/agent-series.ts',
      'src/snapshot/name-pattern.ts',
      'src/snapshot/semantics.ts',
      'src/snapshot/vocabulary.ts',
      'src/documents/',
      'src/errors.ts',
      'src/lifecycle.ts',
      'src/redact.ts',
      'fastest-levenshtein',
      're2js',
    ],
    because: 'it holds settings and does not know who uses them',
  },
  'src/vault/': {
    mayImport: [
      'src/cached.ts',
      'src/deadline.ts',
      'src/timing.ts',
      'src/vault/',
      'src/credentials.ts',
      'src/documents/errors.ts',
      'src/documents/text.ts',
      'src/vcc/credentials.ts',
      'src/errors.ts',
      'src/redact.ts',
      'src/log.ts',
    ],
    because: 'a secret may be kept anywhere; what reads it is passed in',
  },
  'src/documents/': {
    mayImport: ['src/deadline.ts', 'src/documents/', 'src/errors.ts', 'js-yaml', 'papaparse'],
    because: 'how a text is written is one thing, what it means another',
  },
  'src/roster/': {
    mayImport: [
      'src/cached.ts',
      'src/deadline.ts',
      'src/timing.ts',
      'src/roster/',
      'src/documents/',
      'src/vcc/',
      'src/http/',
      'src/snapshot/',
      'src/log.ts',
    ],
    because: 'who is in which team is behind a port, and its source is not known',
  },
  'src/push/': {
    mayImport: [
      'src/deadline.ts',
      'src/timing.ts',
      'src/push/',
      'src/catalogue/',
      'src/exposition/format.ts',
      'src/http/',
      'src/scrape.ts',
      'src/snapshot/reading.ts',
      'src/credentials.ts',
      'src/errors.ts',
      'src/redact.ts',
      'src/log.ts',
      '@bufbuild/protobuf/wire',
      'snappyjs',
      'node:',
    ],
    because: 'pushing is the same on Lambda and on a laptop',
  },
  'src/serve/': {
    mayImport: [
      'src/deadline.ts',
      'src/timing.ts',
      'src/serve/',
      'src/config/load.ts',
      'src/credentials.ts',
      'src/exposition/',
      'src/scrape.ts',
      'src/snapshot/',
      'src/catalogue/metric.ts',
      'src/build.ts',
      'src/errors.ts',
      'src/log.ts',
      'node:',
    ],
    because: 'serving is the same on Lambda and on a laptop',
  },
  'src/recording/': {
    mayImport: [
      'src/account.ts',
      'src/collect.ts',
      'src/deadline.ts',
      'src/timing.ts',
      'src/recording/',
      'src/documents/errors.ts',
      'src/errors.ts',
      'src/http/',
      'src/snapshot/',
      'src/vcc/',
      'node:',
    ],
    because: 'it knows the answers of the API and their secret parts, not where they are kept',
  },
  'src/simulator/': {
    mayImport: [
      'src/simulator/',
      'src/simulated.ts',
      'src/config/parse.ts',
      'src/recording/format.ts',
      'src/recording/times.ts',
      'src/snapshot/semantics.ts',
      'node:',
    ],
    because: "a simulator that shared the exporter's code would share its mistakes",
  },
  'src/files/': {
    mayImport: ['src/deadline.ts', 'src/files/', 'src/push/', 'src/documents/', 'src/errors.ts', 'node:'],
    because: 'a folder is one place to keep things, and does not know who uses it',
  },
  'src/aws/': {
    mayImport: [
      'src/cached.ts',
      'src/deadline.ts',
      'src/timing.ts',
      'src/aws/',
      'src/http/',
      'src/push/',
      'src/vault/',
      'src/documents/',
      'src/errors.ts',
      'src/redact.ts',
      'aws4fetch',
      'node:',
    ],
    because: 'a client knows one service of AWS, not how the exporter uses it',
  },
  'src/app/': {
    mayImport: [
      'src/account.ts',
      'src/deadline.ts',
      'src/timing.ts',
      'src/app/',
      'src/aws/',
      'src/calibrate/',
      'src/collect.ts',
      'src/config/',
      'src/credentials.ts',
      'src/documents/',
      'src/files/',
      'src/hold-off.ts',
      'src/http/',
      'src/push/',
      'src/queue-source.ts',
      'src/queue-reader.ts',
      'src/roster/',
      'src/serve/',
      'src/simulated.ts',
      'src/snapshot/',
      'src/vault/',
      'src/vcc/',
      'src/scrape.ts',
      'src/build.ts',
      'src/errors.ts',
      'src/redact.ts',
      'src/log.ts',
      'node:',
    ],
    because: 'it puts the parts together, and is the only room that knows them all',
  },
  'src/lambda/': {
    mayImport: [
      'src/deadline.ts',
      'src/timing.ts',
      'src/lambda/',
      'src/app/',
      'src/config/',
      'src/http/',
      'src/push/',
      'src/serve/',
      'src/errors.ts',
      'src/log.ts',
      'aws-lambda',
    ],
    because: 'Lambda is one of several entry points',
  },
  'src/cli/': {
    mayImport: [
      'src/deadline.ts',
      'src/timing.ts',
      'src/cli/',
      'src/redact.ts',
      'src/app/',
      'src/build.ts',
      'src/calibrate/',
      'src/config/',
      'src/credentials.ts',
      'src/documents/',
      'src/errors.ts',
      'src/exposition/',
      'src/files/',
      'src/http/',
      'src/log.ts',
      'src/push/',
      'src/queue-reader.ts',
      'src/queue-source.ts',
      'src/recording/',
      'src/roster/',
      'src/scrape.ts',
      'src/serve/',
      'src/simulator/',
      'src/snapshot/',
      'commander',
      'node:',
    ],
    because: 'the command line is one of several entry points, and knows no AWS',
  },
  'src/rule-files.ts': {
    mayImport: ['alerts/', 'dashboards/index.ts', 'src/config/load.ts', 'node:fs'],
    because: 'it makes files of alerts and dashboards, and does not know the running parts',
  },
  'handlers/': { mayImport: ['src/lambda/'], because: 'handlers are wiring only' },
  'alerts/': {
    mayImport: ['alerts/', 'src/config/', 'src/documents/yaml-error.ts', 'js-yaml', 'node:crypto'],
    because: 'alerts are made of thresholds, and among the running parts only the command `rules` knows them',
  },
  'dashboards/': {
    mayImport: [
      'dashboards/',
      'alerts/settings.ts',
      'alerts/promql.ts',
      'src/catalogue/',
      '@grafana/grafana-foundation-sdk/',
    ],
    because:
      'dashboards show what the catalogue declares, and of what runs only the command `rules` knows them',
  },
};

describe.each(Object.entries(rooms))('%s', (room, { mayImport, because }) => {
  test(`imports only what it may: ${because}`, () => {
    const strays = inRoom(room).flatMap(({ path, imports }) =>
      imports
        .filter((each) => !mayImport.some((allowed) => each.path.startsWith(allowed)))
        .map((each) => `${path} -> ${each.path}`),
    );
    expect(strays).toEqual([]);
  });
});

/** It writes alerts and dashboards for users, in a separate bundle. */
const ruleFiles = 'src/rule-files.ts';

test('running parts know no dashboards, no alerts and none of their readers and writers', () => {
  const strays = sources
    .filter(({ path }) => path.startsWith('src/') || path.startsWith('handlers/'))
    .filter(({ path }) => path !== ruleFiles)
    .flatMap(({ path, imports }) =>
      imports
        .filter((each) => /^(alerts|dashboards|scripts|test)\/|^@grafana\/|lezer/.test(each.path))
        .map((each) => `${path} -> ${each.path}`),
    );
  expect(strays).toEqual([]);
});

test('only the command `rules` knows them, and loads them when it runs', () => {
  expect(
    sources.flatMap(({ path, imports }) => imports.filter((each) => each.path === ruleFiles).map(() => path)),
  ).toEqual([]);
  const loading = sources.filter(({ text }) => /import\('[./]*rule-files\.ts'\)/.test(text));
  expect(loading.map(({ path }) => path)).toEqual(['src/cli/rules.ts']);
});

test('the code that makes dashboards and parses PromQL is not installed with the package', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(Object.keys(dependencies).filter((name) => /^@grafana\/|lezer/.test(name))).toEqual([]);
});

describe('the pure rooms', () => {
  const impure =
    /\bfetch\(|process\.|Date\.now|new Date\(\)|Math\.random|console\.|setTimeout|setInterval|\bawait\b|from 'node:/;
  test.each([
    'src/snapshot/',
    'src/calibrate/',
    'src/catalogue/',
    'src/exposition/',
    'src/push/encoding/',
    'src/push/outbox/series-tracker.ts',
  ])('%s: no clock, dice, I/O or waiting', (room) => {
    expect(inFolder(room).length).toBeGreaterThan(0);
    const lines = inFolder(room).flatMap(({ path, text }) =>
      text
        .split('\n')
        .filter((line) => impure.test(line.replace(/\/\/.*|^\s*\*.*|^\s*\/\*.*/, '')))
        .map((line) => `${path}: ${line.trim()}`),
    );
    expect(lines).toEqual([]);
  });
});

test('value imports are never circular', () => {
  const graph = new Map(
    sources.map(({ path, imports }) => [
      path,
      imports.filter((each) => !each.typeOnly).map((each) => each.path),
    ]),
  );
  const done = new Set<string>();
  const visit = (path: string, way: string[]): void => {
    if (way.includes(path)) throw new Error(`circle: ${[...way, path].join(' -> ')}`);
    if (done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  expect(done.size).toBeGreaterThanOrEqual(sources.length);
});

test('the reader of this test finds imports', () => {
  expect(sources.length).toBeGreaterThan(40);
  expect(inFolder('src/scrape.ts')[0]!.imports.length).toBeGreaterThan(8);
  expect(inFolder('dashboards/panels.ts')[0]!.imports.map(({ path }) => path)).toContain(
    '@grafana/grafana-foundation-sdk/dashboard',
  );
  expect(inFolder('alerts/settings.ts')[0]!.imports.map(({ path }) => path)).toContain('src/config/load.ts');
});

test('no file is longer than 400 lines, and every exported symbol has a docstring', () => {
  const long = sources.filter(({ text }) => text.split('\n').length > 400).map(({ path }) => path);
  const silent = sources.flatMap(({ path, text }) => {
    const lines = text.split('\n');
    return lines.flatMap((line, index) => {
      const exported = /^export (?:default )?(?:async )?(?:const|function|class|interface|type) (\w+)/.exec(
        line,
      );
      // A type right below the constant that it is derived from shares its docstring.
      const documented = /\*\/$|^export const/.test(lines[index - 1] ?? '');
      const derived = /^export type \w+ = \(typeof /.test(line) || /^export type \w+ = keyof /.test(line);
      return exported && !documented && !derived ? [`${path}: ${exported[1]}`] : [];
    });
  });
  expect({ long, silent }).toEqual({ long: [], silent: [] });
});
