import type { IncomingMessage } from 'node:http';
import type { Agent } from '../../../src/snapshot/agent.ts';
import { freeOf, idleSincesOf, isIdle, type Series, seriesKey } from '../../support/oracle.ts';
import { agents as agentCount, agentIdOf, pageSize, type Read } from './fault-matrix.ts';

/** The metrics of a source of queue data say which one by this label. */
export type QueueSource = 'ongoing' | 'queue_times' | 'skills';

const sources: Record<string, QueueSource> = {
  ongoing: 'ongoing',
  'queue times': 'queue_times',
  skills: 'skills',
};

/** The source of queue data that is read at this place of the matrix. Undefined: another place. */
export const sourceAt = (place: string): QueueSource | undefined => sources[place];

/** The queue endpoints by path, with the place of their first page. */
const lists: Record<string, { place: string; items: readonly object[] }> = {};

const startMs = Math.floor(Date.now() / 1000) * 1000;
const iso = (ms: number) => new Date(ms).toISOString();
const minutes = 60_000;
const numbered = (length: number) => Array.from({ length }, (_, at) => at);
const digits = (at: number) => String(at).padStart(2, '0');
/** Two pages of each list. */
const total = 30;
const queueOf = (at: number) => (at % 3 === 0 ? 'Sales' : 'Billing');
const planOf = (at: number) => `${queueOf(at)} Plan`;

/** The id of an item, from 0 in the order of the pages. */
export const guidOf = (at: number): string => `queue-guid-${digits(at)} "é"/+&`;
const phoneOf = (at: number) => `+4420794600${digits(at)}`;
/** Texts of the answers that nothing may show. */
export const hiddenOfQueues: readonly string[] = numbered(total).flatMap((at) => [guidOf(at), phoneOf(at)]);

/** The first 20 wait, the others are connected. */
const isWaiting = (at: number) => at < 20;
const sinceMs = (at: number) => startMs - 45 * minutes + at * 1000;

lists['/stats/interactions/ongoing'] = {
  place: 'ongoing',
  items: numbered(total).map((at) => ({
    status: 'Ongoing',
    medium: 'Phone',
    mediumManager: 'VCC',
    guid: guidOf(at),
    start: iso(sinceMs(at) - 5000),
    duration: null,
    direction: 'Inbound',
    connectTo: '0123456789',
    connectFrom: phoneOf(at),
    channels: [
      {
        guid: guidOf(at),
        offset: 0,
        duration: null,
        endReason: null,
        party: { id: null, role: 'External', touchpoint: phoneOf(at) },
        events: [
          { type: 'Ringing', offset: 0, name: null, duration: 5000, properties: null },
          isWaiting(at)
            ? {
                type: 'Queue',
                offset: 5000,
                name: queueOf(at),
                duration: null,
                properties: { interactionPlan: planOf(at) },
              }
            : { type: 'Connected', offset: 5000, name: null, duration: null, properties: null },
        ],
      },
    ],
  })),
};

const leftAs = (at: number) => (at % 5 === 0 ? 'Abandoned' : 'Answered');
const waitMs = (at: number) => 1500 + at * 1000;

lists['/stats/queue-times'] = {
  place: 'queue times',
  items: numbered(total).map((at) => ({
    start: iso(startMs - 10 * minutes + at * 1000),
    interactionGuid: guidOf(at),
    medium: 'Phone',
    mediumManager: 'VCC',
    interactionPlan: planOf(at),
    queue: queueOf(at),
    type: 'ACD',
    presentedSkills: [],
    category: leftAs(at),
    reason: 'x',
    duration: waitMs(at),
    targets: { targetTimeToAnswer: 20_000 },
    party: { role: 'External' },
  })),
};

/** The skills by their id, and the agents who have them. No agent has the last one. */
const skills: Record<string, { name: string; has(at: number): boolean }> = {
  '1': { name: 'Sales', has: (at) => at % 2 === 0 },
  '2/é': { name: 'Billing', has: (at) => at % 3 === 0 },
  '3': { name: 'Nobody', has: () => false },
};
const skillsPath = '/useradmin/skills';

/** An answer of the User Admin API, on one page. */
const onePage = (items: Record<string, readonly object[]>) => {
  const { length } = Object.values(items)[0]!;
  const meta = { page: 1, count: length, pageCount: 1, totalCount: length };
  return JSON.stringify({ meta, ...items });
};

function answerOfSkills(pathname: string): string | undefined {
  if (pathname === skillsPath) {
    const items = Object.entries(skills).map(([skillId, { name }]) => ({ skillId, skillName: name }));
    return onePage({ skills: items });
  }
  const id = /^\/useradmin\/skills\/([^/]+)\/users$/.exec(pathname)?.[1];
  if (id === undefined) return undefined;
  const having = numbered(agentCount).filter(skills[decodeURIComponent(id)]!.has);
  return onePage({ users: having.map((at) => ({ userId: at, agentDisplayId: agentIdOf(at) })) });
}

/** The answer of a queue endpoint. Undefined: the request is for another one. */
export function answerOfQueues({ url = '' }: IncomingMessage): string | undefined {
  const { pathname, searchParams } = new URL(url.replace('/moved', ''), 'http://localhost');
  const ofSkills = answerOfSkills(pathname);
  if (ofSkills !== undefined) return ofSkills;
  const list = lists[pathname];
  if (!list) return undefined;
  const page = Number(searchParams.get('page'));
  const limit = Number(searchParams.get('limit') ?? pageSize);
  const items = list.items.slice((page - 1) * limit, page * limit);
  const meta = { page, count: items.length, pageCount: Math.ceil(total / limit), totalCount: total };
  return JSON.stringify({ meta, items, upTo: iso(Date.now()) });
}

/** The place of a request in the matrix. Undefined: it is not for a queue endpoint. */
export function placeOfQueues(path: string, page: string | null): string | undefined {
  if (path.startsWith(skillsPath)) return path === skillsPath ? 'skills' : 'more of skills';
  const list = lists[path];
  return list && (page === '1' ? list.place : `more of ${list.place}`);
}

const bounds = [5, 10, 20, 30, 60, 120, 300, 600];

/** The series of skills. */
export function truthOfSkills(account: string, agents: readonly Agent[]): Series {
  const series: Series = new Map([[seriesKey('vcc_skills_folded', { account }), 0]]);
  const free = freeOf(agents);
  for (const { name: skill, has } of Object.values(skills)) {
    const put = (name: string, value: number) => series.set(seriesKey(name, { account, skill }), value);
    const having = agents.filter((_, at) => has(at));
    const idle = having.filter(isIdle);
    put('vcc_skill_agents_available', having.filter((agent) => free.includes(agent)).length);
    put('vcc_skill_agents_idle', idle.length);
    if (idle.length > 0) {
      put('vcc_skill_idle_oldest_since_timestamp_seconds', Math.min(...idleSincesOf(idle)) / 1000);
    }
  }
  return series;
}

/** The series of a list, or of the part of its items that an answer kept. */
export function truthOfQueues(
  source: Exclude<QueueSource, 'skills'>,
  account: string,
  counted: Read['counted'],
): Series {
  const series: Series = new Map();
  const add = (name: string, labels: Record<string, string>, more = 1) => {
    const key = seriesKey(name, { account, ...labels });
    series.set(key, (series.get(key) ?? 0) + more);
  };
  const put = (name: string, labels: Record<string, string>, value: number) =>
    series.set(seriesKey(name, { account, ...labels }), value);
  put('vcc_queue_flawed_items', { source }, counted === 'flawed' ? 1 : 0);
  const kept = numbered(total).filter((at) => counted !== 'duplicate' || at !== 1);
  if (source === 'ongoing') {
    const word = (at: number) => (counted === 'unknown' && at === 0 ? 'Surprise' : undefined);
    for (const event of ['Ringing', 'Connected', 'Queue']) put('vcc_ongoing_by_last_event', { event }, 0);
    for (const at of kept.toReversed()) {
      add('vcc_ongoing_interactions', { direction: 'Inbound', status: 'Ongoing', medium: 'Phone' });
      const event = word(at) ?? (isWaiting(at) ? 'Queue' : 'Connected');
      add('vcc_ongoing_by_last_event', { event });
      if (event !== 'Queue') continue;
      const queue = queueOf(at);
      add('vcc_queue_waiting', { queue, interaction_plan: planOf(at), medium: 'Phone' });
      // The flaw is an unknown start.
      if (counted === 'flawed' && at === 0) continue;
      put('vcc_queue_oldest_since_timestamp_seconds', { queue }, sinceMs(at) / 1000);
      for (const bound of bounds) add('vcc_queue_waiting_longer_than', { queue, seconds: String(bound) });
    }
    return series;
  }
  for (const at of kept) {
    const queue = queueOf(at);
    const category = counted === 'unknown' && at === 0 ? 'Surprise' : leftAs(at);
    for (const each of new Set(['Answered', 'Abandoned', 'Breakout', category])) {
      const labels = { queue, category: each, party_role: 'External' };
      const counts = each === category && !(counted === 'flawed' && at === 0);
      add('vcc_queue_window_left', labels, counts ? 1 : 0);
      add('vcc_queue_window_wait_seconds', labels, counts ? waitMs(at) / 1000 : 0);
      add('vcc_queue_window_left_in_target', labels, counts && waitMs(at) <= 20_000 ? 1 : 0);
      for (const bound of bounds) {
        const within = counts && waitMs(at) <= bound * 1000;
        add('vcc_queue_window_left_within', { ...labels, seconds: String(bound) }, within ? 1 : 0);
      }
    }
    put('vcc_queue_target_seconds', { queue }, 20);
  }
  put('vcc_queue_window_other_types', {}, 0);
  return series;
}
