import { allMetrics } from '../../src/catalogue/all.ts';
import type { Build, Family } from '../../src/catalogue/metric.ts';
import { toRegistry } from '../../src/catalogue/metric.ts';
import type { Agent } from '../../src/snapshot/agent.ts';
import { type AgentSeriesOptions, toAgentSeries } from '../../src/snapshot/agent-series.ts';
import { type FloorOptions, toFloor } from '../../src/snapshot/floor.ts';
import type { Reading } from '../../src/snapshot/reading.ts';
import type { Roster } from '../../src/snapshot/roster.ts';
import { toAnsweredQuestions } from '../../src/snapshot/semantics.ts';
import { toTeams } from '../../src/snapshot/teams.ts';
import { snapshotOf, takenAtMs } from './agents.ts';
import { queueReadingOf } from './queue-reading.ts';

/** The default bounds. */
export const ageBounds = [30, 60, 300, 600, 900, 1200, 1800, 3600, 4500, 7200];
export const floorOptions: FloorOptions = { ageBounds, maxDescriptions: 50 };

/** A successful reading of these agents, except for what the test sets. */
export function readingOf(agents: readonly Agent[], more: Partial<Reading> = {}): Reading {
  return {
    account: 'test',
    error: undefined,
    floor: toFloor(snapshotOf(agents), floorOptions),
    agentSeries: undefined,
    teams: undefined,
    roster: undefined,
    durationMs: 123,
    budgetMs: 9500,
    pages: 1,
    duplicates: 0,
    requests: 2,
    retries: 0,
    clockSkewMs: 250,
    semantics: toAnsweredQuestions(),
    simulated: false,
    cached: false,
    ...more,
  };
}

const build: Build = { version: '1.2.3', revision: 'abc1234', nodejs: 'v24.0.0' };

/** A roster by agentId, as the exporter keeps it, with team and site as labels. */
export function rosterOf(entries: Record<string, Record<string, string>>): Roster {
  return new Map(
    Object.entries(entries).map(([id, columns]) => {
      const { team = '', site = '' } = columns;
      return [id, { team, columns, labels: { team, site } }];
    }),
  );
}

/** Every agent has series, whatever the test leaves out. */
export const singleOptions: AgentSeriesOptions = {
  limit: 1000,
  loggedOut: true,
  include: undefined,
  exclude: undefined,
  idOf: (id) => id,
};

/** A successful reading with teams and single agents. */
export function fullReadingOf(
  agents: readonly Agent[],
  roster: Roster,
  more: Partial<Reading> = {},
): Reading {
  const snapshot = snapshotOf(agents);
  return readingOf(agents, {
    agentSeries: toAgentSeries(snapshot, 'test', roster, singleOptions),
    teams: toTeams(snapshot, roster, { ageBounds, maxTeams: 100 }),
    roster: { up: true, agents: roster.size, readAtMs: takenAtMs, inSeveralTeams: 0 },
    queues: queueReadingOf(),
    ...more,
  });
}

/** The families of these readings, made with a registry. */
export async function familiesOf(...readings: Reading[]): Promise<Family[]> {
  return (await toRegistry(allMetrics, {
    build,
    accounts: readings.length,
    readings,
  }).getMetricsAsJSON()) as unknown as Family[];
}
