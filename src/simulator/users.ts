import type { Callers } from './callers.ts';
import { firstNames, lastNames } from './names.ts';
import { Random } from './random.ts';

/** An agent that agent-status lists, and whether the person has left the company. */
interface StaffMember {
  agentId: string;
  left: boolean;
}

/** A user in the API's spelling. */
export interface SimulatedUser {
  userId: string;
  username: string;
  name: string;
  email: string;
  active: boolean;
  userAccountConfiguration: {
    role: string;
    actAsAgent: boolean;
    agentConfiguration?: { agentDisplayId: string };
  };
}

/** A group in the API's spelling, and its members. */
export interface SimulatedGroup {
  groupId: string;
  groupName: string;
  groupMaxUnexpectedTime: number;
  groupMaxWrapUpTime: number;
  groupDisplayId: string;
  members: readonly SimulatedUser[];
}

/** A skill in the API's spelling, and its users. */
export interface SimulatedSkill {
  skillId: string;
  skillName: string;
  members: readonly { user: SimulatedUser; level: number }[];
}

/** An active agent in a roster. `team` is empty for an agent without a group. */
interface RosterEntry {
  agentId: string;
  name: string;
  team: string;
  site: string;
}

/** All users of an account, with their groups and roster. */
export interface Directory {
  users: readonly SimulatedUser[];
  groups: readonly SimulatedGroup[];
  roster: readonly RosterEntry[];
}

const teamNames = ['Sales', 'Support', 'Billing', 'Retention', 'Onboarding', 'Technical Support', 'Claims'];
const teamShares = [12, 8, 5, 3, 2, 1];
const sites = { 'North Harbour': 3, 'Fern Valley': 2 };
const agentsPerSupervisor = 25;

/**
 * Generates the users, groups and roster of an account. The same seed and staff give the same
 * result. A new agent does not change the users before it.
 */
export function deriveDirectory(seed: number, staff: readonly StaffMember[]): Directory {
  const invent = newInventor(seed);
  const teams = deriveTeams(seed);
  const shares = Object.fromEntries(teams.map(({ groupName }, index) => [groupName, teamShares[index]!]));
  const users = [invent('admin', 'Admin'), invent('wallboard', 'Wallboard')];
  const roster: RosterEntry[] = [];
  staff.forEach(({ agentId, left }, index) => {
    if (index % agentsPerSupervisor === 0) users.push(invent(`supervisor/${index}`, 'Supervisor'));
    const dice = Random.of(`${seed}/place/${agentId}`);
    // Some supervisors take calls, so the role does not decide whether a user is an agent.
    const user = invent(`agent/${agentId}`, dice.chance(1 / 30) ? 'Supervisor' : 'Agent', agentId, left);
    users.push(user);
    if (left) return;
    const team = dice.chance(1 / 40) ? undefined : dice.weighted(shares);
    teams.find(({ groupName }) => groupName === team)?.members.push(user);
    roster.push({ agentId, name: user.name, team: team ?? '', site: dice.weighted(sites) });
  });
  return { users, groups: teams, roster };
}

/** Generates the skills of an account: one for each queue, and the active agents who have it. */
export function deriveSkills(
  seed: number,
  { users }: Pick<Directory, 'users'>,
  callers: Callers,
): SimulatedSkill[] {
  return callers.queues.map(({ name }) => ({
    skillId: Random.of(`${seed}/skill/${name}`).guid(),
    skillName: name,
    members: users.flatMap((user) => {
      const agentId = user.userAccountConfiguration.agentConfiguration?.agentDisplayId;
      if (!user.active || agentId === undefined || !callers.skillsOf(agentId).includes(name)) return [];
      return [{ user, level: 1 + Random.of(`${seed}/level/${name}/${agentId}`).below(10) }];
    }),
  }));
}

/** Returns the roster of an account's active agents as CSV, like an export of a spreadsheet. */
export function toRosterCsv({ roster }: Pick<Directory, 'roster'>): string {
  const field = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = roster.map(({ agentId, name, team, site }) =>
    [agentId, name, team, site].map(field).join(','),
  );
  return ['agentId,name,team,site', ...lines, ''].join('\n');
}

function deriveTeams(seed: number): (SimulatedGroup & { members: SimulatedUser[] })[] {
  const dice = Random.of(`${seed}/teams`);
  const names = [...teamNames];
  return Array.from({ length: 4 + dice.below(3) }, (_, index) => ({
    groupId: dice.guid(),
    groupName: names.splice(dice.below(names.length), 1)[0]!,
    groupMaxUnexpectedTime: 10,
    groupMaxWrapUpTime: 60,
    groupDisplayId: String(4001 + index),
    members: [],
  }));
}

/** Returns a function that generates users with unique ids, names and usernames. */
function newInventor(seed: number) {
  const taken = new Set<string>();
  const untaken = (draw: (attempt: number) => string): string => {
    for (let attempt = 0; ; attempt++) {
      const text = draw(attempt);
      if (taken.has(text)) continue;
      taken.add(text);
      return text;
    }
  };
  return (key: string, role: string, agentDisplayId?: string, left = false): SimulatedUser => {
    const dice = Random.of(`${seed}/${key}`);
    const userId = untaken(() => dice.guid());
    const name = untaken((attempt) => {
      // Large accounts have more people than the lists have pairs of names.
      const initial = attempt < 4 ? '' : ` ${String.fromCharCode(65 + dice.below(26))}.`;
      return `${dice.pick(firstNames)}${initial} ${dice.pick(lastNames)}`;
    });
    const username = untaken((attempt) => `${toUsername(name)}${attempt === 0 ? '' : attempt + 1}`);
    const isAgent = agentDisplayId !== undefined;
    return {
      userId,
      username,
      name,
      email: `${username}@example.com`,
      active: !left,
      userAccountConfiguration: {
        role,
        actAsAgent: isAgent,
        ...(isAgent && { agentConfiguration: { agentDisplayId } }),
      },
    };
  };
}

function toUsername(name: string): string {
  return name
    .replaceAll("'", '')
    .replaceAll('ø', 'o')
    .replaceAll('Ł', 'L')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z]+/g, '.');
}
