import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { fillIn, panelsOf, readDashboards } from '../support/dashboards.ts';
import { describeWith } from './support/parts.ts';
import { run } from './support/process.ts';

const targetsOf = (uid: string, title: string) => {
  const [, dashboard] = readDashboards().find(([each]) => each === uid)!;
  return panelsOf(dashboard).find((panel) => panel.title === title)!.targets!;
};

interface Case {
  title: string;
  /** By series: values half a minute apart, in the notation of promtool. */
  series: Readonly<Record<string, string>>;
  at: string;
  /** The results of each query of the panel. */
  gives: readonly (number | undefined)[];
}

/** Series of an account that is read for an hour, and then ends or goes on. */
const account = (name: string, job: string, up: string) => ({
  [`vcc_up{job="${job}", instance="i", account="${name}"}`]: up,
  [`vcc_snapshot_timestamp_seconds{job="${job}", instance="i", account="${name}"}`]: up.startsWith('1x59')
    ? '0+30x59 stale'
    : '0+30x400',
});
const goesOn = '1x400';
const ends = '1x59 stale';
const configured = (job: string, values: string) => ({
  [`vcc_exporter_accounts{job="${job}", instance="i"}`]: values,
  [`up{job="${job}", instance="i"}`]: goesOn,
});

const missing: readonly Case[] = [
  {
    title: 'all are there',
    series: { ...configured('vcc', '2x400'), ...account('a', 'vcc', goesOn), ...account('b', 'vcc', goesOn) },
    at: '2h',
    gives: [0],
  },
  {
    title: 'one stops sending',
    series: { ...configured('vcc', '2x400'), ...account('a', 'vcc', goesOn), ...account('b', 'vcc', ends) },
    at: '2h',
    gives: [1],
  },
  {
    title: 'one was taken out of the configuration',
    series: {
      ...configured('vcc', '2x59 1x400'),
      ...account('a', 'vcc', goesOn),
      ...account('b', 'vcc', ends),
    },
    at: '2h',
    gives: [0],
  },
  {
    title: 'one was taken out, and one stops sending',
    series: {
      ...configured('vcc', '3x59 2x400'),
      ...account('a', 'vcc', goesOn),
      ...account('b', 'vcc', ends),
      ...account('c', 'vcc', ends),
    },
    at: '2h',
    // The series cannot show which of the two is gone.
    gives: [2],
  },
  {
    title: 'another target of the job is down',
    series: {
      ...configured('vcc', '1x400'),
      'up{job="vcc", instance="j"}': '1x59 0x400',
      ...account('a', 'vcc', goesOn),
      ...account('b', 'vcc', ends),
    },
    at: '2h',
    gives: [1],
  },
  {
    title: 'the exporter of another job is gone',
    series: {
      ...configured('vcc', '1x400'),
      ...account('a', 'vcc', goesOn),
      ...account('b', 'vcc-2', ends),
    },
    at: '2h',
    gives: [1],
  },
];

/** The number of interactions in a state, and of agents on shift. */
const unexpected = (count: number, onShift: number) => ({
  'vcc_agents{job="vcc", account="a", presence="Ready"}': `${onShift}x20`,
  ...Object.fromEntries(
    ['Away', 'ExtendedAway'].map((presence) => [
      `vcc_agents_longer_than{job="vcc", account="a", presence="${presence}", seconds="7200"}`,
      '0x20',
    ]),
  ),
  'vcc_interactions_by_reason{job="vcc", account="a", state="Unexpected", reason="NoAnswer"}': `${count}x20`,
  'vcc_interactions_by_reason{job="vcc", account="a", state="Unexpected", reason="LineFailed"}': '1x20',
});

const panels: readonly [uid: string, title: string, cases: readonly Case[]][] = [
  ['vcc-floor', 'Accounts missing', missing],
  [
    'vcc-exporter',
    'Can these numbers be trusted?',
    missing.map((each) => ({ ...each, gives: [each.gives[0] ? 2 : 0] })),
  ],
  [
    'vcc-interactions',
    'Unexpected now',
    [
      { title: 'few: green', series: unexpected(2, 10), at: '5m', gives: [undefined, 3] },
      { title: 'a small share: green', series: unexpected(3, 1000), at: '5m', gives: [undefined, 4] },
      { title: 'the alert fires: orange', series: unexpected(3, 20), at: '5m', gives: [4, undefined] },
      { title: 'no data', series: { node_uname_info: '1x20' }, at: '5m', gives: [undefined, undefined] },
    ],
  ],
];

describeWith(['prometheus'], 'panels, judged by promtool', ({ prometheus: { promtool } }) => {
  describe.each(panels)('%s › %s', (uid, title, cases) => {
    test.each(cases.map((each) => [each.title, each] as const))('%s', async (_, { series, at, gives }) => {
      const targets = targetsOf(uid, title);
      expect(targets).toHaveLength(gives.length);
      const folder = mkdtempSync(join(tmpdir(), 'vcc-panels-'));
      const file = join(folder, 'panel.test.yml');
      const unitTest = {
        tests: [
          {
            interval: '30s',
            input_series: Object.entries(series).map(([each, values]) => ({ series: each, values })),
            promql_expr_test: targets.map(({ expr }, index) => ({
              expr: fillIn(expr),
              eval_time: at,
              exp_samples: gives[index] === undefined ? [] : [{ labels: '{}', value: gives[index] }],
            })),
          },
        ],
      };
      writeFileSync(file, JSON.stringify(unitTest));
      const { status, stdout, stderr } = await run(promtool, ['test', 'rules', file], { folder });
      rmSync(folder, { recursive: true, force: true });
      expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
    });
  });
});
