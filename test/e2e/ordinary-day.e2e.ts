import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { compressSync } from 'snappy';
import { type AlertRule, toAlertGroups } from '../../alerts/rules.ts';
import { parseAlertSettings } from '../../alerts/settings.ts';
import { toPoints } from '../../src/push/encoding/points.ts';
import { encodeWriteRequest } from '../../src/push/encoding/remote-write-1.ts';
import { SimulatedAccount } from '../../src/simulator/account.ts';
import { ordinaryQueues } from '../../src/simulator/queues.ts';
import { toFloor } from '../../src/snapshot/floor.ts';
import { toTeams } from '../../src/snapshot/teams.ts';
import { ageBounds, familiesOf, floorOptions, readingOf, rosterOf } from '../support/reading.ts';
import { firesOf } from './support/fires.ts';
import { createOrdinaryDay, lastShiftEnds, ordinaryCallers, ordinaryHours } from './support/ordinary-day.ts';
import { describeWith } from './support/parts.ts';
import { openPrometheus, type Receiver } from './support/push.ts';
import { queryRange } from './support/query.ts';
import { tell } from './support/replay.ts';
import { createReader } from './support/simulated-reading.ts';

const beginMs = Date.UTC(2026, 10, 18, 7);
const endMs = beginMs + ordinaryHours * 3_600_000;
/** When opening hours end: supervisors get no alert then. */
const closedMs = beginMs + lastShiftEnds * 3_600_000;
/** How often alerts are evaluated. */
const stepMs = 30_000;
const rules = toAlertGroups(
  parseAlertSettings(readFileSync(new URL('../../alerts/thresholds.yml', import.meta.url), 'utf8')),
).flatMap((group) => group.rules);
const example = readFileSync(new URL('../../alerts/alertmanager.yml', import.meta.url), 'utf8');

/** Days to live through: `AGENTS/SEED` with spaces between them. */
const days = (process.env.ORDINARY_DAYS ?? '120/1 1000/1')
  .split(' ')
  .map((day) => day.split('/').map(Number) as [agents: number, seed: number]);

/**
 * Writes a day of `agents` agents and their callers to a receiver, as the exporter counts it: a
 * snapshot every half a minute, or every minute of a large account. Queue times are read once a
 * minute.
 */
async function liveDay(receiver: Receiver, agents: number, seed: number, account: string): Promise<void> {
  let nowMs = beginMs;
  const simulated = new SimulatedAccount({
    name: account,
    clientId: 'id',
    clientSecret: 'secret',
    seed,
    agents,
    allAgents: agents,
    now: () => nowMs,
    live: createOrdinaryDay(seed, beginMs),
    callers: ordinaryCallers(seed, agents, beginMs),
  });
  const reader = createReader(simulated);
  const roster = rosterOf(
    Object.fromEntries(
      simulated.items().map(({ agentId }, index) => [agentId, { team: `Team ${index % 8}` }]),
    ),
  );
  const everyMs = agents < 500 ? 30_000 : 60_000;
  for (let timeMs = beginMs; timeMs <= endMs; timeMs += everyMs) {
    nowMs = timeMs;
    const snapshot = reader.agents();
    const reading = readingOf([], {
      account,
      floor: toFloor(snapshot, floorOptions),
      teams: toTeams(snapshot, roster, { ageBounds, maxTeams: 100 }),
      queues: reader.queues(snapshot, (timeMs - beginMs) % 60_000 === 0),
      roster: { up: true, agents: roster.size, readAtMs: timeMs, inSeveralTeams: 0 },
    });
    const points = toPoints(await familiesOf(reading), timeMs, { job: 'vcc', instance: account });
    const response = await fetch(receiver.writeUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
      body: new Uint8Array(compressSync(Buffer.from(encodeWriteRequest(points)))),
    });
    if (!response.ok) throw new Error(await response.text());
  }
}

describeWith(['prometheus'], 'ordinary days', ({ prometheus: { prometheus } }) => {
  describe.each(days)('%i agents, seed %i', (agents, seed) => {
    const account = `ordinary-${agents}-${seed}`;
    let folder: string;
    let receiver: Receiver;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'vcc-ordinary-'));
      receiver = await openPrometheus(prometheus, folder);
      await receiver.start();
      await liveDay(receiver, agents, seed, account);
    }, 900_000);
    afterAll(async () => {
      await receiver?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    test('have most agents at work, and everything that happens on a floor', async () => {
      const most = async (expr: string) => {
        const [series] = await queryRange(receiver.origin, `max(${expr})`, beginMs, endMs, 60);
        return Math.max(0, ...(series?.values ?? []).map(([, value]) => value));
      };
      expect(await most('sum without (presence) (vcc_agents{presence!="LoggedOut"})')).toBeGreaterThan(
        agents / 3,
      );
      const happens = ['connected', 'wrap', 'ringing', 'unexpected', 'idle', 'ready_not_routable'];
      const seen = await Promise.all(
        happens.map((activity) => most(`vcc_agents_by_activity{activity="${activity}"}`)),
      );
      expect(happens.filter((_, index) => seen[index] === 0)).toEqual([]);
      // Callers wait in every queue and give up, also while agents with other skills are free.
      const waited = await Promise.all(
        ordinaryQueues.map(({ name }) => most(`vcc_queue_waiting_longer_than{queue="${name}",seconds="20"}`)),
      );
      expect(waited.filter((count) => count === 0)).toEqual([]);
      expect(await most('vcc_queue_window_left{category="Abandoned",party_role="External"}')).toBeGreaterThan(
        0,
      );
      expect(
        await most('sum(vcc_queue_waiting_longer_than{seconds="20"}) > 0 and sum(vcc_agents_available) > 0'),
      ).toBeGreaterThan(0);
      // Some agent is always the longest, so an alert about one agent would be on for hours.
      expect(await most('vcc_agents_longer_than{presence="Away",seconds="1800"}')).toBeGreaterThan(0);
    });

    const firesOn = (rule: AlertRule) =>
      firesOf(
        receiver.origin,
        rule,
        [beginMs + 300_000, rule.labels.audience === 'supervisor' ? closedMs : endMs],
        stepMs / 1000,
      );

    test.each(
      rules.filter(({ labels }) => labels.severity !== 'info').map((rule) => [rule.alert, rule] as const),
    )('%s does not fire', async (_, rule) => {
      const fires = await firesOn(rule);
      expect(
        fires.map(({ labels, fromMs, toMs }) => ({
          team: labels.team,
          from: new Date(fromMs).toISOString().slice(11, 16),
          minutes: (toMs - fromMs) / 60_000,
        })),
      ).toEqual([]);
    });

    describeWith(
      ['alertmanager'],
      'messages of a real Alertmanager',
      ({ alertmanager: { alertmanager } }) => {
        test('no message is sent, except for at most one digest', async () => {
          const fires = (await Promise.all(rules.map(firesOn))).flat();
          const told = await tell(fires, { alertmanager, example, folder, speed: 4000 });
          expect(told.map(({ receiver }) => receiver).filter((receiver) => receiver !== 'digest')).toEqual(
            [],
          );
          expect(told.length).toBeLessThan(2);
        }, 60_000);
      },
    );
  });
});
