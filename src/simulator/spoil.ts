import type { AgentStatus } from './agent.ts';
import type { Answer } from './answer.ts';
import type { Endpoint, FaultKind } from './faults.ts';
import type { SimulatedGroup, SimulatedSkill, SimulatedUser } from './users.ts';

/** Faults that change the first item of an answer. */
export type Spoiling = Extract<FaultKind, 'shape' | 'flawed' | 'unknown'>;

interface OngoingItem {
  channels: { party: object; events: object[] }[];
}

interface Lists {
  items?: object[];
  users?: SimulatedUser[];
  groups?: SimulatedGroup[];
  skills?: SimulatedSkill[];
}

/** Changes the body of an answer. Copies it first: its parts are served again. */
export function spoil(answer: Answer, kind: Spoiling, on: Endpoint | undefined): void {
  answer.body = structuredClone(answer.body);
  const { items, users, groups, skills } = answer.body as Lists;
  const item = items?.[0];
  if (on === 'users') spoilUsers(kind, users?.[0], groups?.[0], skills?.[0]);
  else if (!item) return;
  else if (on === 'api') spoilAgent(kind, item as AgentStatus);
  else if (on === 'ongoing') spoilInteraction(kind, item as OngoingItem);
  else if (on === 'queue-times') spoilPass(kind, item);
}

function spoilUsers(
  kind: Spoiling,
  user: SimulatedUser | undefined,
  group: SimulatedGroup | undefined,
  skill: SimulatedSkill | undefined,
): void {
  if (kind === 'shape') {
    if (user) Object.assign(user, { name: null });
    if (group) Object.assign(group, { groupName: null });
    if (skill) Object.assign(skill, { skillName: null });
  }
  // Users of a group or of a skill have no configuration.
  if (kind === 'unknown' && user?.userAccountConfiguration) user.userAccountConfiguration.role = 'Gardener';
}

function spoilAgent(kind: Spoiling, item: AgentStatus): void {
  if (kind === 'shape') Object.assign(item, { presence: null });
  else if (kind === 'flawed') {
    Object.assign(item, { workload: undefined, interaction: [{ ...item.interaction[0], state: 7 }] });
    Object.assign(item.presence, { since: null });
  } else {
    Object.assign(item.presence, { name: 'Sabbatical' });
    const { since } = item.presence;
    const words = {
      medium: 'Fax',
      mediumManager: 'XX',
      direction: 'Sideways',
      state: 'Fault',
      reason: 'Eclipse',
    };
    item.interaction.push({
      guid: 'ffffffff-0000-4000-8000-000000000000',
      channelGuid: null,
      since,
      ...words,
    });
  }
}

function spoilInteraction(kind: Spoiling, item: OngoingItem): void {
  if (kind === 'shape') Object.assign(item, { channels: null });
  else if (kind === 'flawed') {
    Object.assign(item, { start: null, direction: 7 });
    for (const { events } of item.channels) events.push({ type: null, offset: 'soon' });
  } else {
    Object.assign(item, { medium: 'Fax', mediumManager: 'XX', direction: 'Sideways', status: 'Pondering' });
    for (const { party, events } of item.channels) {
      Object.assign(party, { role: 'Ghost' });
      events.push({ type: 'Applet42', offset: 0, name: null, duration: null, properties: null });
    }
  }
}

function spoilPass(kind: Spoiling, item: object): void {
  if (kind === 'shape') Object.assign(item, { queue: null });
  else if (kind === 'flawed') Object.assign(item, { start: null, category: 7, duration: 'long' });
  else {
    const words = { medium: 'Fax', mediumManager: 'XX', category: 'Teleported', reason: 'Eclipse' };
    Object.assign(item, { ...words, type: 'Astral', party: { role: 'Ghost' } });
  }
}
