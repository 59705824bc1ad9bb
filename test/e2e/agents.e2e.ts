import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AgentStatus } from '../../src/simulator/agent.ts';
import type { Simulator } from '../../src/simulator/server.ts';
import { frozenMs, richItems, secrets, startFrozen } from './support/account.ts';
import { type Exporter, settingsFor, startExporter } from './support/exporter.ts';
import { describeWith } from './support/parts.ts';
import { poll } from './support/process.ts';
import { keyOf, type Prometheus, startPrometheus, type Vector } from './support/prometheus.ts';

const timeoutSeconds = 2;
const key = 'e2e-key-of-pseudonyms-of-32-bytes';
const limit = 30;
const nowSeconds = frozenMs / 1000;

const seconds = (time: string) => Date.parse(time) / 1000;
const isIdle = ({ presence, workload, interaction }: AgentStatus) =>
  presence.name === 'Ready' &&
  workload.calls + workload.semiLive + workload.nonLive === 0 &&
  interaction.length === 0;
const isFree = (item: AgentStatus) => isIdle(item) && item.presence.eligibleForRouting;
const idleSince = ({ presence, workload }: AgentStatus) =>
  Math.max(seconds(presence.since), seconds(workload.since));

/** Half of the idle agents have been idle for long. Some of them only have an old presence. */
const items = richItems.map((item, index): AgentStatus => {
  if (!isIdle(item) || index % 2 === 0) return item;
  const { presence, workload } = item;
  const anHourBefore = (time: string) => new Date(Date.parse(time) - 3_600_000).toISOString();
  return {
    ...item,
    presence: { ...presence, since: anHourBefore(presence.since) },
    workload: index % 3 === 0 ? workload : { ...workload, since: anHourBefore(workload.since) },
  };
});

/**
 * Teams of the agents: some agents in none, some in a team with an awkward name, every tenth
 * unknown to the roster.
 */
const teamNames = ['Sales', 'Süd "1", \\ late', ''];
const rows = items.flatMap(({ agentId }, index) =>
  index % 10 === 9
    ? []
    : [
        {
          agentId,
          team: teamNames[index % 3]!,
          site: index % 2 ? 'Leeds' : 'Porto',
          name: `Doe, Jane ${index}`,
        },
      ],
);
const rosterCsv = [
  'agentId;Team;site;name',
  ...rows.map(
    ({ agentId, team, site, name }) => `${agentId};"${team.replaceAll('"', '""')}";${site};"${name}"`,
  ),
].join('\r\n');

const rowOf = (item: AgentStatus) => rows.find(({ agentId }) => agentId === item.agentId);
const teamOf = (item: AgentStatus) => rowOf(item)?.team ?? '';
const isLoggedOut = (item: AgentStatus) => item.presence.name === 'LoggedOut';
const present = items.filter((item) => !isLoggedOut(item));
const hashOf = (id: string) => createHmac('sha256', key).update(`e2e\u0000${id}`).digest('hex').slice(0, 16);

/** In Prometheus an empty label is none. */
const labelled = (labels: Record<string, string>) =>
  keyOf(Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== '')));

/** A vector with a value for each team. */
function byTeam(value: (members: AgentStatus[]) => number | undefined): Vector {
  return toVector(teamNames, (team) => [{ team }, value(items.filter((item) => teamOf(item) === team))]);
}

function toVector<T>(
  things: readonly T[],
  toSample: (thing: T) => [Record<string, string>, number | undefined],
): Vector {
  return Object.fromEntries(
    things
      .map(toSample)
      .flatMap(([labels, value]) => (value === undefined ? [] : [[labelled(labels), value]])),
  );
}

const presences = ['Ready', 'Away', 'ExtendedAway', 'LoggedOut'];
const workloads = { live: 'calls', semi_live: 'semiLive', non_live: 'nonLive' } as const;
const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

/**
 * The result of PromQL for the job `ids`, counted anew from the API's items and the rows of the
 * roster.
 */
const teamQuestions: [string, string, Vector][] = [
  [
    'agents by team and presence',
    'vcc_team_agents{JOB}',
    Object.assign(
      {},
      ...presences.map((presence) =>
        toVector(teamNames, (team) => [
          { team, presence },
          items.filter((item) => teamOf(item) === team && item.presence.name === presence).length,
        ]),
      ),
    ),
  ],
  [
    'free agents by team',
    'vcc_team_agents_available{JOB}',
    byTeam((members) => members.filter(isFree).length),
  ],
  [
    'interactions in hand by team',
    'vcc_team_workload_interactions{JOB}',
    Object.assign(
      {},
      ...Object.entries(workloads).map(([workload, field]) =>
        toVector(teamNames, (team) => [
          { team, workload },
          sum(items.filter((item) => teamOf(item) === team).map((item) => item.workload[field])),
        ]),
      ),
    ),
  ],
  [
    'since when the longest free agent of a team has been so',
    'vcc_team_available_oldest_since_timestamp_seconds{JOB}',
    byTeam((members) => {
      const since = members.filter(isFree).map(idleSince);
      return since.length > 0 ? Math.min(...since) : undefined;
    }),
  ],
  [
    'how many of a team have been free for longer than a quarter of an hour',
    'sum by (team) (vcc_team_agents_available_longer_than{JOB,seconds="900"})',
    byTeam((members) => members.filter((item) => isFree(item) && nowSeconds - idleSince(item) > 900).length),
  ],
  ['teams that add up', 'sum(vcc_team_agents{JOB}) == sum(vcc_agents{JOB})', { '': items.length }],
  [
    'agents of whom the roster says nothing',
    'vcc_roster_missing_agents{JOB}',
    { '': present.filter((item) => !rowOf(item)).length },
  ],
  ['agents in the roster', 'vcc_roster_agents{JOB}', { '': rows.length }],
];

const singleQuestions: [string, string, Vector][] = [
  [
    "each agent's presence",
    'vcc_agent_presence{JOB}',
    toVector(present, ({ agentId: agent_id, presence: { name: presence, description } }) => [
      { agent_id, presence, description },
      1,
    ]),
  ],
  [
    'since when',
    'vcc_agent_presence_since_timestamp_seconds{JOB}',
    toVector(present, ({ agentId: agent_id, presence }) => [{ agent_id }, seconds(presence.since)]),
  ],
  [
    "each agent's workload",
    'vcc_agent_workload{JOB}',
    Object.assign(
      {},
      ...Object.entries(workloads).map(([workload, field]) =>
        toVector(present, (item) => [{ agent_id: item.agentId, workload }, item.workload[field]]),
      ),
    ),
  ],
  [
    'since when',
    'vcc_agent_workload_since_timestamp_seconds{JOB}',
    toVector(present, ({ agentId: agent_id, workload }) => [{ agent_id }, seconds(workload.since)]),
  ],
  [
    'who is eligible',
    'vcc_agent_eligible_for_routing{JOB}',
    toVector(present, ({ agentId: agent_id, presence }) => [
      { agent_id },
      Number(presence.eligibleForRouting),
    ]),
  ],
  [
    "each agent's legs by state",
    'vcc_agent_interactions{JOB}',
    toVector(
      present.flatMap(({ agentId: agent_id, interaction }) =>
        [...new Set(interaction.map(({ state }) => state))].map((state) => ({
          labels: { agent_id, state },
          legs: interaction.filter((leg) => leg.state === state).length,
        })),
      ),
      ({ labels, legs }) => [labels, legs],
    ),
  ],
  [
    'what the roster says',
    'vcc_agent_info{JOB}',
    toVector(present, (item) => {
      const { team = '', site = '' } = rowOf(item) ?? {};
      return [{ agent_id: item.agentId, team, site }, 1];
    }),
  ],
  ['that nothing is missing', 'vcc_series_dropped{JOB}', { '': 0 }],
];

/** The result of the queries in docs/use/teams.md at the time of the snapshot. */
const documented: Record<string, Vector> = {
  'Which teams have a free agent?': byTeam((members) => members.filter(isFree).length || undefined),
  'For how many minutes has the longest free agent of each team been free?': byTeam((members) => {
    const since = members.filter(isFree).map(idleSince);
    return since.length > 0 ? (nowSeconds - Math.min(...since)) / 60 : undefined;
  }),
  'How many have been free for longer than 15 minutes, by team?': toVector(teamNames, (team) => [
    { seconds: '900', team },
    items.filter((item) => teamOf(item) === team && isFree(item) && nowSeconds - idleSince(item) > 900)
      .length,
  ]),
  'Who is in Away longest, with team?': toVector(
    present
      .filter((item) => item.presence.name === 'Away')
      .sort((a, b) => seconds(a.presence.since) - seconds(b.presence.since))
      .slice(0, 10),
    (item) => [{ agent_id: item.agentId, team: teamOf(item) }, nowSeconds - seconds(item.presence.since)],
  ),
  'Who has been free for longer than 15 minutes?': toVector(
    present.filter((item) => isFree(item) && nowSeconds - idleSince(item) > 900),
    (item) => [{ agent_id: item.agentId }, nowSeconds - seconds(item.workload.since)],
  ),
};

function documentedQueries(): [string, string][] {
  const page = readFileSync(new URL('../../docs/use/teams.md', import.meta.url), 'utf8');
  const inTables = page.matchAll(/^\| ([^|]+\?) \| `(.+)` \|$/gm);
  const inBlocks = page.matchAll(/^([^|\n]+?\?)(?:\s[^`]*)?\n\n```promql\n([^`]+)\n```$/gm);
  return [...inTables, ...inBlocks].map(([, question, query]) => [question!, query!]);
}

describeWith(['prometheus'], 'teams and single agents, in a real Prometheus', ({ prometheus: binaries }) => {
  let folder: string;
  let simulator: Simulator;
  let prometheus: Prometheus;
  const exporters: Record<string, Exporter> = {};
  const closers: (() => Promise<unknown>)[] = [];
  const file = { VCC_ROSTER: 'roster.csv' };
  const environments: Record<string, Record<string, string>> = {
    ids: { ...file, VCC_AGENT_METRICS: 'ids' },
    hashed: { ...file, VCC_AGENT_METRICS: 'hashed', VCC_AGENT_KEY: key },
    limited: { VCC_AGENT_METRICS: 'ids', VCC_AGENT_LIMIT: String(limit), VCC_AGENT_LOGGED_OUT: 'include' },
    chosen: {
      ...file,
      VCC_AGENT_METRICS: 'ids',
      VCC_AGENT_INCLUDE: 'team=Sales',
      VCC_AGENT_EXCLUDE: '.*[02468]',
    },
    users: { VCC_ROSTER: 'users-api' },
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vcc-e2e-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, 'roster.csv'), rosterCsv);
    simulator = await startFrozen({ items: items });
    closers.push(simulator.close);
    for (const [name, more] of Object.entries(environments)) {
      const exporter = await startExporter(settingsFor(simulator, more), folder);
      exporters[name] = exporter;
      closers.push(exporter.stop);
    }
    const jobs = Object.entries(exporters).map(([name, { origin }]) => ({
      name,
      origin,
      intervalSeconds: timeoutSeconds,
      timeoutSeconds,
    }));
    prometheus = await startPrometheus(binaries.prometheus, jobs, folder);
    closers.push(prometheus.stop);
    await poll('all jobs', async () => {
      const { '': up } = await prometheus.query('sum(vcc_up)');
      return up === jobs.length;
    });
  });

  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });

  const ask = (query: string, job: string) => prometheus.query(query.replaceAll('JOB', `job="${job}"`));
  const idsOf = async (job: string) =>
    Object.keys(
      await prometheus.queryBy('agent_id', `vcc_agent_workload_since_timestamp_seconds{job="${job}"}`),
    );

  test('has teams and agents to report', () => {
    expect(present.length).toBeGreaterThan(60);
    expect(present.length).toBeLessThan(items.length);
    for (const team of teamNames) {
      expect(items.filter((item) => teamOf(item) === team && isIdle(item)).length).toBeGreaterThan(1);
    }
    for (const expected of Object.values(documented)) {
      expect(Object.keys(expected).length).toBeGreaterThan(1);
    }
  });

  test.each([...teamQuestions, ...singleQuestions])('knows %s: %s', async (_, query, expected) => {
    expect(Object.keys(expected).length).toBeGreaterThan(0);
    expect(await ask(query, 'ids')).toEqual(expected);
  });

  test('has none of the metrics of single agents without the setting', async () => {
    expect(await prometheus.query('{__name__=~"vcc_agent_.+",job="users"}')).toEqual({});
    expect(await prometheus.query('{__name__=~"vcc_team.+",job="limited"}')).toEqual({});
  });

  test.each(documentedQueries())('answers the query of docs/use/teams.md: %s', async (question, query) => {
    // Only the job `ids` has everything. The other jobs have the same account.
    const ofJob = query
      .replaceAll('time()', String(nowSeconds))
      .replaceAll(
        /vcc_(?:agent|team)_\w+(\{)?/g,
        (name, brace) => `${name}${brace ? 'job="ids",' : '{job="ids"}'}`,
      );
    const answer = await prometheus.query(ofJob);
    const expected = documented[question]!;
    expect(Object.keys(answer).sort()).toEqual(Object.keys(expected).sort());
    for (const [series, value] of Object.entries(expected)) {
      expect([series, answer[series]]).toEqual([series, expect.closeTo(value, 3)]);
    }
  });

  test('has an expectation for every query of docs/use/teams.md', () => {
    expect(documentedQueries().map(([question]) => question)).toEqual(Object.keys(documented));
  });

  describe('hashed', () => {
    test('has the same numbers under pseudonyms that only the key can make', async () => {
      for (const [, query, expected] of singleQuestions) {
        const renamed = Object.fromEntries(
          Object.entries(expected).map(([series, value]) => [
            series.replace(/(?<=^|\s)agent_id=(\d+)/, (_, id) => `agent_id=${hashOf(id)}`),
            value,
          ]),
        );
        expect(await ask(query, 'hashed')).toEqual(renamed);
      }
    });

    test('has the unchanged numbers of the teams', async () => {
      for (const [, query, expected] of teamQuestions) expect(await ask(query, 'hashed')).toEqual(expected);
    });

    test('shows no id', async () => {
      const text = await (await fetch(`${exporters.hashed!.origin}/metrics`)).text();
      expect(items.filter(({ agentId }) => new RegExp(`\\b${agentId}\\b`).test(text))).toEqual([]);
      expect(text).not.toContain('Jane');
    });
  });

  test('keeps the first agents by id, and reports how many series it dropped', async () => {
    const ids = items.map(({ agentId }) => agentId).sort();
    expect((await idsOf('limited')).sort()).toEqual(ids.slice(0, limit));
    const dropped = items
      .filter(({ agentId }) => ids.indexOf(agentId) >= limit)
      .map(({ interaction }) => 8 + new Set(interaction.map(({ state }) => state)).size);
    expect(await ask('vcc_series_dropped{JOB}', 'limited')).toEqual({ '': sum(dropped) });
  });

  test('has only the agents that the patterns select', async () => {
    const chosen = present.filter((item) => teamOf(item) === 'Sales' && Number(item.agentId) % 2 === 1);
    expect(chosen.length).toBeGreaterThan(5);
    expect((await idsOf('chosen')).sort()).toEqual(chosen.map(({ agentId }) => agentId).sort());
  });

  test('knows the teams of the users API', async () => {
    const [account] = simulator.accounts;
    const expected: Vector = { '': 0 };
    for (const { groupName, members } of account!.groups()) {
      const ids = members.map((user) => user.userAccountConfiguration.agentConfiguration?.agentDisplayId);
      expected[`team=${groupName}`] = items.filter(({ agentId }) => ids.includes(agentId)).length;
    }
    expected[''] = items.length - sum(Object.values(expected));
    expect(Object.keys(expected).length).toBeGreaterThan(3);
    expect(await ask('sum by (team) (vcc_team_agents{JOB})', 'users')).toEqual(expected);
    expect(await ask('vcc_roster_up{JOB}', 'users')).toEqual({ '': 1 });
  });

  test('keeps the series of an agent whose state changes', async () => {
    // A `since` series that named the state would be another series for each state.
    const query = 'count by (agent_id) ({__name__=~"vcc_agent_.*since_timestamp_seconds",job="ids"})';
    expect(new Set(Object.values(await prometheus.query(query)))).toEqual(new Set([2]));
    const names = await prometheus.query(
      'count by (presence, state, workload) ({__name__=~"vcc_agent_.*since_timestamp_seconds",job="ids"})',
    );
    expect(names).toEqual({ '': 2 * present.length });
  });

  test('names no agent in the log', async () => {
    const log = Object.values(exporters)
      .map((exporter) => exporter.output())
      .join('\n');
    for (const word of [...Object.values(secrets), key, 'Jane']) expect(log).not.toContain(word);
    expect(items.filter(({ agentId }) => new RegExp(`\\b${agentId}\\b`).test(log))).toEqual([]);
  });
});
