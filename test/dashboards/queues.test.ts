import { expect, test } from '@jest/globals';
import { settings } from '../../src/config/settings.ts';
import { panelsOf, readDashboards } from '../support/dashboards.ts';
import { takeApart } from '../support/promql.ts';

const dashboardOf = (uid: string) => readDashboards().find(([each]) => each === uid)![1];

// Grafana's classic schema cannot hide a panel.
test('the queues on Floor are invisible without queues, and move no other panel', () => {
  const panels = panelsOf(dashboardOf('vcc-floor'));
  const last = panels.at(-1)!;
  const { noValue, mappings } = last.fieldConfig!.defaults;
  expect({ ...last, noValue, missing: mappings!.at(-1)!.options }).toMatchObject({
    // With a title, Grafana would show a header.
    title: '',
    transparent: true,
    noValue: ' ',
    missing: { match: 'null+nan', result: { text: ' ', color: 'transparent' } },
  });
  const bottoms = panels.slice(0, -1).map(({ gridPos: { y, h } }) => y + h);
  expect(last.gridPos.y).toBe(Math.max(...bottoms));
});

test('every number of the queues on Floor needs a series of the queues', () => {
  const { targets = [] } = panelsOf(dashboardOf('vcc-floor')).at(-1)!;
  const metrics = targets.map(({ expr }) => takeApart(expr).selectors.map(({ metric }) => metric));
  expect(metrics.filter((names) => !names.some((name) => name.startsWith('vcc_queue_')))).toEqual([]);
  expect(targets).toHaveLength(5);
});

test.each(['Waiting for longer than', 'Answered within'])('%s has every bound of the default', (title) => {
  const { targets = [] } = panelsOf(dashboardOf('vcc-queues')).find((panel) => panel.title === title)!;
  const seconds = targets.map(({ expr }) => /seconds="(\d+)"/.exec(expr)![1]);
  expect(seconds).toEqual(settings.VCC_QUEUE_BOUNDS.fallback.split(','));
});
