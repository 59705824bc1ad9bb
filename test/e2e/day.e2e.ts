import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AlertRule, toAlertGroups, toRecordingGroups } from '../../alerts/rules.ts';
import { parseAlertSettings } from '../../alerts/settings.ts';
import type { AgentStatus } from '../../src/simulator/agent.ts';
import { fillIn, needsQueues, type PanelJson, panelsOf, readDashboards } from '../support/dashboards.ts';
import { expressionsIn } from '../support/promql.ts';
import { type Day, liveDay } from './support/day.ts';
import { beginMs, dayMinutes, episodes, eventful, quiet, stepSeconds } from './support/episodes.ts';
import { firesOf } from './support/fires.ts';
import { firing } from './support/firing.ts';
import { describeWith } from './support/parts.ts';
import { openPrometheus, type Receiver } from './support/push.ts';
import { queryAt, queryRange } from './support/query.ts';
import { queueFiring } from './support/queue-episodes.ts';
import { type Told, tell } from './support/replay.ts';
import type { Stretch } from './support/workday.ts';

const minute = 60_000;
const endMs = beginMs + dayMinutes * minute;
/** As shipped, but with the alert that is off: it has an episode too. */
const settings = parseAlertSettings(
  readFileSync(new URL('../../alerts/thresholds.yml', import.meta.url), 'utf8'),
  JSON.stringify({ alerts: { VccLongestFree: { enabled: true } } }),
);
const example = readFileSync(new URL('../../alerts/alertmanager.yml', import.meta.url), 'utf8');
const rules = toAlertGroups(settings).flatMap((group) => group.rules);
const dashboards = readDashboards();

/**
 * Moments at which every number is compared with the simulator's: in the episodes that allow it,
 * and between them. Not while the first agent has unknown words.
 */
const moments = [
  20, 32, 60, 100, 160, 230, 290, 340, 410, 440, 470, 487, 505, 560, 601, 695, 715, 750, 885, 897,
];
const timeOf = (at: number) => beginMs + at * minute;

describeWith(['prometheus'], 'a workday', ({ prometheus: { prometheus } }) => {
  let folder: string;
  let receiver: Receiver;
  let day: Day;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcc-day-'));
    receiver = await openPrometheus(prometheus, folder);
    await receiver.start();
    const kept = new Set(moments.map(timeOf));
    day = await liveDay(receiver, folder, (timeMs) => kept.has(timeMs));
  }, 480_000);
  afterAll(async () => {
    await receiver?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('brings every sample to Prometheus', () => {
    expect(day.failures).toEqual([]);
  });

  describe('alerts', () => {
    const firesOn = (rule: AlertRule) => firesOf(receiver.origin, rule, [beginMs, endMs], stepSeconds);
    /** When an alert may fire, in minutes of the day. */
    const windowsOf = (name: string) => {
      const { in: names, lingers = 0, onward } = firing[name] ?? { in: [] };
      return names.map((each) => {
        const { from, to } = episodes[each];
        return { each, from, to: onward ? dayMinutes : to + lingers };
      });
    };

    test.each(rules.map((rule) => [rule.alert, rule] as const))(
      '%s fires in its episodes and nowhere else',
      async (name, rule) => {
        const fires = (await firesOn(rule)).map(({ labels, fromMs, toMs }) => ({
          account: labels.account,
          from: toMinutes(fromMs),
          to: toMinutes(toMs),
        }));
        const windows = windowsOf(name);
        const heard = windows.map(({ each, from, to }) => ({
          each,
          fires: fires.some((fire) => fire.from <= to && fire.to >= from),
        }));
        expect(heard).toEqual(windows.map(({ each }) => ({ each, fires: true })));
        const strays = fires.filter(
          (fire) => !windows.some(({ from, to }) => fire.from >= from && fire.to <= to + 0.5),
        );
        expect(strays.filter(({ from, to }) => !isCovered(from, to, windows))).toEqual([]);
        if (!firing[name]?.everywhere) expect(fires.filter(({ account }) => account === quiet)).toEqual([]);
      },
    );

    test('there is an episode for every alert', () => {
      const known = new Set([...Object.keys(firing), ...Object.keys(queueFiring)]);
      expect(rules.map(({ alert }) => alert).sort()).toEqual([...known].sort());
    });

    describeWith(
      ['alertmanager'],
      'messages of a real Alertmanager',
      ({ alertmanager: { alertmanager } }) => {
        let told: Told[];
        beforeAll(async () => {
          const fires = (await Promise.all(rules.map(firesOn))).flat();
          told = await tell(fires, { alertmanager, example, folder, speed: 1000 });
        }, 120_000);

        /** The messages that are not exactly one: the number for each alert and episode. */
        const others: Readonly<Record<string, readonly number[]>> = {
          // The team's alert covers it.
          'VccIdleAgents lull': [0],
          // Teams that follow within minutes are in a second message.
          'VccTeamIdleAgents lull': [1, 2],
          // The fast burn covers it, unless it begins later than the slow one by as long as
          // Alertmanager waits.
          'VccErrorBudgetBurnSlow apiOutage': [0, 1],
          'VccErrorBudgetBurnSlow wrongSecret': [0],
          // While the budget burns it is one alert.
          'VccErrorBudgetBurn wrongSecret': [0],
          // Two accounts.
          'VccClockSkew lateClock': [2],
        };
        const minutesOf = ({ atMs }: Told) => toMinutes(atMs);

        test.each(
          rules
            .filter(({ labels }) => labels.severity !== 'info')
            .flatMap(({ alert }) => (firing[alert]?.in ?? []).map((each) => [alert, each] as const)),
        )('%s in the episode %s: one message', (name, each) => {
          const { from, to } = episodes[each];
          const messages = told.filter(
            (message) =>
              message.groupLabels.alertname === name &&
              minutesOf(message) >= from &&
              // The longest wait for a group, and the delay of a busy machine.
              minutesOf(message) <= to + 10,
          );
          expect(others[`${name} ${each}`] ?? [1]).toContain(messages.length);
        });

        test('no message is sent outside of the episodes, and none for informational alerts: they end within the hour', () => {
          const strays = told.filter((message) => {
            const windows = windowsOf(message.groupLabels.alertname ?? 'digest');
            return !windows.some(
              ({ from, to }) => minutesOf(message) >= from && minutesOf(message) <= to + 10,
            );
          });
          expect(strays).toEqual([]);
        });

        test('somebody is called five times, once for each outage', () => {
          expect(
            told
              .filter(({ receiver }) => receiver === 'sre-pages')
              .map(({ alerts }) => alerts.map(({ labels }) => labels.alertname)),
          ).toEqual([
            ['VccSnapshotFailing'],
            ['VccAuthFailing'],
            ['VccExporterDown'],
            ['VccAccountMissing'],
            ['VccExporterAbsent'],
          ]);
        });
      },
    );
  });

  // With the placeholders of the pages: the account acme-uk, and the team Support. Queues have
  // another day.
  test.each(
    Object.keys(firing).flatMap((alert) =>
      expressionsIn(readFileSync(new URL(`../../docs/use/runbook/${alert}.md`, import.meta.url), 'utf8'))
        .filter((expr) => !/vcc_(queue|skill)/.test(expr))
        .map((expr) => [alert, expr] as const),
    ),
  )('the runbook page of %s asks for something that is there: %s', async (name, expr) => {
    const [{ from, to }] = firing[name]!.in.map((each) => episodes[each]) as [Stretch];
    const series = await queryRange(receiver.origin, expr, timeOf(from), timeOf(to), stepSeconds);
    expect(series.length).toBeGreaterThan(0);
  });

  test.each(
    toRecordingGroups(settings)
      .flatMap((group) => group.rules)
      .filter(({ expr }) => !expr.includes('vcc_queue'))
      .map((rule) => [rule.record, rule.expr]),
  )('%s records something', async (_, expr) => {
    const series = await queryRange(receiver.origin, expr!, beginMs, endMs, 300);
    expect(series.map(({ metric }) => metric.account)).toEqual(expect.arrayContaining([eventful, quiet]));
    expect(series.flatMap(({ values }) => values.filter(([, value]) => Number.isNaN(value)))).toEqual([]);
  });

  describe.each(dashboards)('dashboard %s', (_, dashboard) => {
    const queries = panelsOf(dashboard).flatMap((panel) =>
      (panel.targets ?? []).map(({ refId, expr }) => [`${panel.title} (${refId})`, expr] as const),
    );

    // The day has no queues. panels.e2e.ts has hours with queues.
    test.each(queries.filter(([, expr]) => !needsQueues(expr)))('%s has data', async (_title, expr) => {
      // Some have data for minutes only.
      const series = await queryRange(receiver.origin, fillIn(expr), beginMs, endMs, 60);
      expect(series.length).toBeGreaterThan(0);
    });
  });

  describe("numbers equal the simulator's", () => {
    const of = (uid: string, title: string): PanelJson => {
      const [, dashboard] = dashboards.find(([each]) => each === uid)!;
      return panelsOf(dashboard).find((panel) => panel.title === title)!;
    };
    type Expected = (items: readonly AgentStatus[], timeMs: number) => Record<string, number>;

    const free = ({ presence, workload, interaction }: AgentStatus) =>
      presence.name === 'Ready' &&
      presence.eligibleForRouting &&
      workload.calls + workload.semiLive + workload.nonLive === 0 &&
      interaction.length === 0;
    const freeSince = ({ presence, workload }: AgentStatus) =>
      Math.max(Date.parse(presence.since), Date.parse(workload.since));
    const count = (label: string, items: readonly AgentStatus[], keys: (item: AgentStatus) => string[]) => {
      const counts: Record<string, number> = {};
      for (const key of items.flatMap(keys)) counts[`${label}=${key}`] = (counts[`${label}=${key}`] ?? 0) + 1;
      return counts;
    };
    const oldest = (times: number[], timeMs: number) =>
      times.length === 0 ? 0 : (timeMs - Math.min(...times)) / 1000;
    const away = ({ presence }: AgentStatus) => /Away$/.test(presence.name);
    const longestIn = (state: string) => (items: readonly AgentStatus[], timeMs: number) => ({
      '': oldest(
        items.flatMap(({ interaction }) =>
          interaction.filter((each) => each.state === state).map(({ since }) => Date.parse(since)),
        ),
        timeMs,
      ),
    });
    const longestBeing = (presence: string) => (items: readonly AgentStatus[], timeMs: number) => ({
      '': oldest(
        items
          .filter((each) => each.presence.name === presence)
          .map((each) => Date.parse(each.presence.since)),
        timeMs,
      ),
    });
    const longestFree: Expected = (items, timeMs) => ({
      '': oldest(items.filter(free).map(freeSince), timeMs),
    });
    const team = (item: AgentStatus) => day.teamOf.get(item.agentId) || '(no team)';

    const panels: [uid: string, title: string, expected: Expected, only?: 'nonzero'][] = [
      [
        'vcc-floor',
        'Free now',
        // With nobody logged in, it is expected that nobody is free.
        (items) =>
          items.some(({ presence }) => presence.name !== 'LoggedOut')
            ? { '': items.filter(free).length }
            : ({} as Record<string, number>),
      ],
      ['vcc-floor', 'Longest free', longestFree],
      ['vcc-floor', 'Longest away', longestBeing('Away')],
      ['vcc-floor', 'Longest ringing', longestIn('Ringing')],
      [
        'vcc-floor',
        'Ready',
        (items) => ({ '': items.filter(({ presence }) => presence.name === 'Ready').length }),
      ],
      ['vcc-floor', 'Away, extended away', (items) => ({ '': items.filter(away).length })],
      [
        'vcc-floor',
        'Logged in',
        (items) => ({ '': items.filter(({ presence }) => presence.name !== 'LoggedOut').length }),
      ],
      [
        'vcc-floor',
        'Handling work',
        (items) => ({
          '': items.filter(
            ({ interaction, workload }) =>
              !interaction.some(({ state }) => state === 'Unexpected' || state === 'Failed') &&
              (interaction.length > 0 || workload.calls + workload.semiLive + workload.nonLive > 0),
          ).length,
        }),
      ],
      [
        'vcc-floor',
        'Ringing',
        (items) => ({
          '': items.flatMap(({ interaction }) => interaction.filter(({ state }) => state === 'Ringing'))
            .length,
        }),
      ],
      [
        'vcc-floor',
        'Why people are away',
        (items) => count('description', items.filter(away), ({ presence }) => [presence.description]),
      ],
      [
        'vcc-floor',
        'Interactions by state',
        (items) => count('state', items, ({ interaction }) => interaction.map(({ state }) => state)),
        'nonzero',
      ],
      [
        'vcc-floor',
        'Agents by presence',
        (items) =>
          count('presence', items, ({ presence }) => (presence.name === 'LoggedOut' ? [] : [presence.name])),
        'nonzero',
      ],
      ['vcc-team', 'Longest extended away', longestBeing('ExtendedAway')],
      [
        'vcc-team',
        'Free for long',
        (items, timeMs) => ({
          '': items.filter((item) => free(item) && timeMs - freeSince(item) > 1_200_000).length,
        }),
      ],
      [
        'vcc-team',
        'Free agents by team',
        (items) => count('team', items.filter(free), (item) => [team(item)]),
        'nonzero',
      ],
      ['vcc-interactions', 'Longest connected', longestIn('Connected')],
      ['vcc-interactions', 'Longest wrap-up', longestIn('Wrap')],
      [
        'vcc-interactions',
        'By medium',
        (items) => count('medium', items, ({ interaction }) => interaction.map(({ medium }) => medium)),
      ],
      [
        'vcc-interactions',
        'By direction',
        (items) =>
          count('direction', items, ({ interaction }) => interaction.map(({ direction }) => direction)),
      ],
      [
        'vcc-interactions',
        'Unexpected, by reason',
        (items) =>
          count('reason', items, ({ interaction }) =>
            interaction
              .filter(({ state }) => state === 'Unexpected')
              .map(({ reason }) => reason ?? 'no reason'),
          ),
        'nonzero',
      ],
      [
        'vcc-interactions',
        'Workload by kind',
        (items) => {
          const add = (key: 'calls' | 'semiLive' | 'nonLive') =>
            items.reduce((sum, { workload }) => sum + workload[key], 0);
          return {
            'workload=live': add('calls'),
            'workload=semi_live': add('semiLive'),
            'workload=non_live': add('nonLive'),
          };
        },
      ],
      [
        'vcc-interactions',
        'Different interactions',
        (items) => ({
          '': new Set(items.flatMap(({ interaction }) => interaction.map(({ guid }) => guid))).size,
        }),
      ],
    ];

    // With a name for each, Jest would take the missing last one for its own callback, and wait for
    // it.
    test.each(panels)('%s: %s', async (...[uid, title, expected, only]) => {
      const { type, targets = [] } = of(uid, title);
      // A large number may have two queries, only one of which has data.
      const asked = type === 'stat' ? targets : targets.slice(0, 1);
      for (const at of moments) {
        const timeMs = timeOf(at);
        const items = day.items.get(timeMs)!;
        const found = await Promise.all(
          asked.map(({ expr }) => queryAt(receiver.origin, fillIn(expr, { account: eventful }), timeMs)),
        );
        const values = Object.fromEntries(
          found
            .flat()
            .filter(({ value }) => only !== 'nonzero' || value !== 0)
            .map(({ metric, value }) => [
              Object.entries(metric)
                .map(([label, text]) => `${label}=${text}`)
                .join(' '),
              Number(value.toFixed(3)),
            ]),
        );
        expect({ at, values }).toEqual({ at, values: expected(items, timeMs) });
      }
    });

    test.each([
      ['before', 60, 0],
      ['in an outage of the API', 820, 1],
      ['while no exporter runs', 920, 2],
      ['after', 950, 0],
    ])('vcc-floor: Accounts missing, %s', async (_, at, missing) => {
      const [target] = of('vcc-floor', 'Accounts missing').targets!;
      const found = await queryAt(receiver.origin, fillIn(target!.expr), timeOf(at));
      expect(found.map(({ value }) => value)).toEqual([missing]);
    });

    test.each([
      ['before: simulated', 60, 1],
      ['in an outage of the API: and missing', 820, 3],
      ['while no exporter runs: missing', 920, 2],
      ['after', 950, 1],
      ['served from memory: and old', 1030, 3],
    ])('every first line says whether the numbers can be trusted, %s', async (_, at, expected) => {
      for (const [uid] of dashboards) {
        const [target] = of(uid, 'Can these numbers be trusted?').targets!;
        const found = await queryAt(receiver.origin, fillIn(target!.expr), timeOf(at));
        expect([uid, found.map(({ value }) => value)]).toEqual([uid, [expected]]);
      }
    });

    test.each([
      ['before', 60, [0]],
      ['while an account is not pushed', 970, [1]],
      ['while no exporter runs', 1000, []],
    ])('vcc-exporter: Silent accounts, %s', async (_, at, expected) => {
      const [target] = of('vcc-exporter', 'Silent accounts').targets!;
      const found = await queryAt(receiver.origin, fillIn(target!.expr, { account: quiet }), timeOf(at));
      expect(found.map(({ value }) => value)).toEqual(expected);
    });

    test('tables have a row for every agent who is logged in, with the values of the simulator', async () => {
      const columns = of('vcc-team', 'Agents').targets!;
      const timeMs = timeOf(290);
      const items = day.items.get(timeMs)!.filter(({ presence }) => presence.name !== 'LoggedOut');
      const [since, , calls, semiLive, nonLive] = await Promise.all(
        columns.map(({ expr }) => queryAt(receiver.origin, fillIn(expr, { account: eventful }), timeMs)),
      );
      const toRow = (rows: typeof since) =>
        new Map(
          rows!.map(({ metric, value }) => [
            metric.agent_id!,
            { ...metric, value: Number(value.toFixed(3)) },
          ]),
        );
      const by = [since, calls, semiLive, nonLive].map(toRow);
      expect([...by[0]!.keys()].sort()).toEqual(items.map(({ agentId }) => agentId).sort());
      for (const { agentId, presence, workload } of items) {
        expect(by.map((rows) => rows.get(agentId))).toMatchObject([
          {
            presence: presence.name,
            description: presence.description,
            value: (timeMs - Date.parse(presence.since)) / 1000,
          },
          { value: workload.calls },
          { value: workload.semiLive },
          { value: workload.nonLive },
        ]);
      }
    });
  });
});

const toMinutes = (timeMs: number) => (timeMs - beginMs) / minute;

/** Whether overlapping windows together cover a stretch. */
function isCovered(from: number, to: number, windows: readonly { from: number; to: number }[]): boolean {
  for (let at = from; at <= to; at += stepSeconds / 60) {
    if (!windows.some((window) => at >= window.from && at <= window.to + 0.5)) return false;
  }
  return true;
}
