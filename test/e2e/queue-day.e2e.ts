import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type AlertRule, toAlertGroups, toRecordingGroups } from '../../alerts/rules.ts';
import { parseAlertSettings } from '../../alerts/settings.ts';
import { expressionsIn } from '../support/promql.ts';
import { stepSeconds } from './support/episodes.ts';
import { firesOf } from './support/fires.ts';
import { describeWith } from './support/parts.ts';
import { openPrometheus, type Receiver } from './support/push.ts';
import { queryRange } from './support/query.ts';
import { liveQueueDay } from './support/queue-day.ts';
import {
  queueDayBeginMs as beginMs,
  queueDayMinutes,
  queueEpisodes,
  queueFiring,
} from './support/queue-episodes.ts';
import { type Told, tell } from './support/replay.ts';

const minute = 60_000;
const endMs = beginMs + queueDayMinutes * minute;
const settings = parseAlertSettings(
  readFileSync(new URL('../../alerts/thresholds.yml', import.meta.url), 'utf8'),
);
const example = readFileSync(new URL('../../alerts/alertmanager.yml', import.meta.url), 'utf8');
const rules = toAlertGroups(settings).flatMap((group) => group.rules);
const recordings = toRecordingGroups(settings).flatMap((group) => group.rules);
const toMinutes = (timeMs: number) => (timeMs - beginMs) / minute;

/** When an alert may fire, in minutes of the day. */
const windowsOf = (name: string) => {
  const { in: names, lingers = 0 } = queueFiring[name] ?? { in: [] };
  return names.map((each) => ({ ...queueEpisodes[each], each, to: queueEpisodes[each].to + lingers }));
};

describeWith(['prometheus'], 'a day of queues', ({ prometheus: { prometheus } }) => {
  let folder: string;
  let receiver: Receiver;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcc-queue-day-'));
    receiver = await openPrometheus(prometheus, folder);
    await receiver.start();
    await liveQueueDay(receiver);
  }, 480_000);
  afterAll(async () => {
    await receiver?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const firesOn = (rule: AlertRule) => firesOf(receiver.origin, rule, [beginMs, endMs], stepSeconds);

  test.each(
    rules.filter(({ labels }) => labels.severity !== 'info').map((rule) => [rule.alert, rule] as const),
  )('%s fires once for each of its series in its episodes, and nowhere else', async (name, rule) => {
    const fires = (await firesOn(rule)).map(({ labels: { queue, source, setting }, fromMs, toMs }) => ({
      // A series of its own for each of these.
      of: queue ?? source ?? setting ?? '',
      from: toMinutes(fromMs),
      to: toMinutes(toMs),
    }));
    const windows = windowsOf(name);
    const within = windows.map(({ each, from, to }) => {
      const found = fires.filter((fire) => fire.from >= from && fire.to <= to);
      const series = found.map((fire) => fire.of);
      return { each, fires: found.length > 0, again: series.filter((one, at) => series.indexOf(one) !== at) };
    });
    expect({ within, fires }).toEqual({
      within: windows.map(({ each }) => ({ each, fires: true, again: [] })),
      fires: fires.filter((fire) => windows.some(({ from, to }) => fire.from >= from && fire.to <= to)),
    });
  });

  test('a source that is gone is forgotten after an hour, since somebody may have switched it off', async () => {
    const fires = await firesOn(rules.find(({ alert }) => alert === 'VccQueueDataStale')!);
    const gone = fires.filter(({ fromMs }) => toMinutes(fromMs) > queueEpisodes.queuesGone.from);
    expect(gone.map(({ labels }) => labels.source).sort()).toEqual(['ongoing', 'queue_times', 'skills']);
    for (const { toMs } of gone) expect(toMinutes(toMs)).toBeLessThan(queueEpisodes.queuesGone.from + 61);
  });

  test.each(
    recordings
      .filter(({ expr }) => expr.includes('vcc_queue'))
      .map(({ record, expr }) => [record, expr] as const),
  )('%s records something, and only numbers', async (_, expr) => {
    const series = await queryRange(receiver.origin, expr, beginMs, endMs, 60);
    expect(series.length).toBeGreaterThan(0);
    expect(series.flatMap(({ values }) => values.filter(([, value]) => Number.isNaN(value)))).toEqual([]);
  });

  test.each(
    [...rules.map(({ alert }) => `runbook/${alert}`), 'queries'].flatMap((page) =>
      expressionsIn(readFileSync(new URL(`../../docs/use/${page}.md`, import.meta.url), 'utf8'))
        .filter((expr) => /vcc_(queue|skill)/.test(expr))
        .map((expr) => [page, withoutRecordings(expr)] as const),
    ),
  )('%s asks for something that is there: %s', async (_page, expr) => {
    const series = await queryRange(receiver.origin, expr, beginMs, endMs, 60);
    expect(series.length).toBeGreaterThan(0);
  });

  describeWith(['alertmanager'], 'messages of a real Alertmanager', ({ alertmanager: { alertmanager } }) => {
    let told: Told[];
    beforeAll(async () => {
      const fires = (await Promise.all(rules.map(firesOn))).flat();
      told = await tell(fires, { alertmanager, example, folder, speed: 1000 });
    }, 120_000);

    /** The number of messages for each alert and episode, if it is not one. */
    const others: Readonly<Record<string, readonly number[]>> = {
      // VccWaitingWhileFree covers them.
      'VccManyWaiting undelivered': [0],
      'VccWaitTooLong undelivered': [0],
      // The replay ends its three sources one after the other, perhaps in two messages.
      'VccQueueDataStale queuesGone': [1, 2],
      // Queues that follow within minutes are in a second message.
      'VccWaitTooLong surge': [1, 2],
      'VccServiceLevelLow slowRouting': [1, 2, 3],
    };

    test.each(
      Object.entries(queueFiring).flatMap(([name, firing]) => firing.in.map((each) => [name, each] as const)),
    )('%s in the episode %s: one message', (name, each) => {
      const { from, to } = windowsOf(name).find((window) => window.each === each)!;
      const messages = told.filter(
        ({ groupLabels, atMs }) =>
          groupLabels.alertname === name && toMinutes(atMs) >= from && toMinutes(atMs) <= to + 10,
      );
      expect(others[`${name} ${each}`] ?? [1]).toContain(messages.length);
    });

    test('nobody is paged, and no other alert is sent, except in a digest', () => {
      const names = told
        .filter(({ receiver }) => receiver !== 'digest')
        .map(({ groupLabels }) => groupLabels.alertname);
      expect(names.filter((name) => !(name! in queueFiring))).toEqual([]);
      expect(told.filter(({ receiver }) => receiver === 'sre-pages')).toEqual([]);
    });
  });
});

/** Replaces a recording by its expression, since no rules run here. */
function withoutRecordings(expr: string): string {
  return recordings.find(({ record }) => record === expr)?.expr ?? expr;
}
