import type { SimulatedAccount } from '../../src/simulator/account.ts';
import { takenAtMs } from './agents.ts';
import { type Series, seriesKey } from './oracle.ts';
import { ongoingOf, ongoingSnapshot, queueOptions, queueTimeOf, queueTimesSnapshot } from './queue-items.ts';
import { recountQueues } from './queue-oracle.ts';

/** Which truth a scrape must report: at these times, and over this window. */
export interface TruthTimes {
  ongoingMs: number;
  queueTimesMs: number;
  windowMs: number;
  /** How much later the API knows who left. */
  lagMs: number;
}

/**
 * The series that the exporter must have for the customers of a simulated account, from the
 * simulator's own truth and not from its answers. Names that look like a number become `number`.
 */
export function trueQueueSeries(account: SimulatedAccount, times: TruthTimes): Series {
  const callers = account.callers!;
  const { waiting } = callers.truth(times.ongoingMs, 1);
  const onTheLine = waiting.filter(({ type, party }) => type === 'ACD' && party === 'External');
  const { left } = callers.truth(times.queueTimesMs, times.windowMs);
  const known = left.filter(
    ({ leftMs, type }) => type === 'ACD' && leftMs <= times.queueTimesMs - times.lagMs,
  );
  const series = recountQueues(
    {
      ongoing: {
        ...ongoingSnapshot(
          onTheLine.map(({ guid, queue, plan, medium, sinceMs }) =>
            ongoingOf(guid, { medium, waiting: { queue, plan, sinceMs } }),
          ),
        ),
        takenAtMs: times.ongoingMs,
      },
      queueTimes: {
        ...queueTimesSnapshot(
          known.map(({ guid, queue, plan, medium, category, party, sinceMs, waitedMs, targetMs }) =>
            queueTimeOf(guid, {
              ...{ queue, plan, medium, category, partyRole: party, targetMs },
              // In the simulator, a queue asks for the skill with its name.
              skills: [queue],
              ...{ startMs: sinceMs, durationMs: waitedMs },
            }),
          ),
        ),
        takenAtMs: times.queueTimesMs,
      },
    },
    { ...queueOptions, windowMs: times.windowMs },
    undefined,
    (name) => (/^\d+$/.test(name) ? 'number' : name),
  );
  return new Map([...series].filter(([key]) => !/^vcc_(ongoing|queue_unclear)/.test(key)));
}

/** The numbers of all ongoing interactions, from the simulator's own objects. */
export function trueOngoingSeries(account: SimulatedAccount): Series {
  const series: Series = new Map();
  const add = (name: string, labels: Record<string, string>, by = 1) => {
    const key = seriesKey(name, { account: 'test', ...labels });
    series.set(key, (series.get(key) ?? 0) + by);
  };
  for (const event of ['Ringing', 'Connected', 'Queue']) add('vcc_ongoing_by_last_event', { event }, 0);
  for (const { direction, medium, channels } of account.callers!.ongoing()) {
    add('vcc_ongoing_interactions', { direction, status: 'Ongoing', medium });
    for (const { party, events } of channels) {
      if (party.role === 'External') add('vcc_ongoing_by_last_event', { event: events.at(-1)?.type ?? '' });
    }
  }
  return series;
}

/** Free and idle agents by skill, from what the simulated agents really do. */
export function trueSkillSeries(account: SimulatedAccount): Series {
  const { skills } = account.callers!.truth(account.nowMs, 1);
  const active = new Set(
    account
      .users()
      .flatMap(({ active: isActive, userAccountConfiguration: { agentConfiguration } }) =>
        isActive && agentConfiguration ? [agentConfiguration.agentDisplayId] : [],
      ),
  );
  const idle = account.items().filter(({ agentId, presence, workload, interaction }) => {
    const work = workload.calls + workload.semiLive + workload.nonLive + interaction.length;
    return active.has(agentId) && presence.name === 'Ready' && work === 0;
  });
  const series: Series = new Map([['vcc_skills_folded{account="test"}', 0]]);
  for (const { name: skill } of account.callers!.queues) {
    const own = idle.filter(({ agentId }) => skills.get(agentId)!.includes(skill));
    const put = (name: string, value: number) =>
      series.set(seriesKey(name, { account: 'test', skill }), value);
    put('vcc_skill_agents_idle', own.length);
    put('vcc_skill_agents_available', own.filter(({ presence }) => presence.eligibleForRouting).length);
    const sincesMs = own.map(({ presence, workload }) =>
      Math.max(Date.parse(presence.since!), Date.parse(workload.since!)),
    );
    if (sincesMs.length > 0)
      put('vcc_skill_idle_oldest_since_timestamp_seconds', Math.min(...sincesMs) / 1000);
  }
  return series;
}

/** The series of a scrape that are about these metrics. */
export const only = (series: Series, names: RegExp): Series =>
  new Map([...series].filter(([key]) => names.test(key)));

/** A time for tests that is not the present. */
export const startMs = takenAtMs;
