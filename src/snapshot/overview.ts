import type { Ages } from './ages.ts';
import type { Floor } from './floor.ts';
import type { Reading } from './reading.ts';
import type { Team } from './teams.ts';
import type { Activity } from './vocabulary.ts';

/** A summary of an account or a team. All numbers are agents. */
export interface Overview {
  name: string;
  agents: number;
  ready: number;
  /** Ready, with nothing in hand, and eligible for routing. */
  free: number;
  /** In the form of {@link toDuration}. Empty when no agent is free, or no time is known. */
  longestFree: string;
  /** Ready, with work. Agents whose work is unknown are left out. */
  busy: number;
  /** Away and ExtendedAway. */
  away: number;
  loggedOut: number;
}

/** Beyond this number of accounts, teams would make the accounts hard to find. */
const maxAccountsWithTeams = 4;

/** Returns the summary of an account. */
export function accountOverview(
  name: string,
  { agents, presences, available, busy, takenAtMs }: Floor,
): Overview {
  const counts = presences.map((presence) => ({ name: presence.name, agents: presence.ages.count }));
  return toOverview(name, agents, counts, { available, busy }, takenAtMs);
}

/**
 * Returns a summary of each team of an account, except teams without agents. The agents without a
 * team are last. Returns none without a roster, or when more than four `accounts` are shown.
 */
export function teamOverviews({ teams, floor }: Reading, accounts: number): Overview[] {
  if (!teams || !floor || accounts > maxAccountsWithTeams) return [];
  const inTeam = teams.teams.filter(({ name }) => name !== '');
  const inNone = teams.teams.filter(({ name }) => name === '');
  return [...inTeam, ...inNone]
    .map((team) => ofTeam(team, floor.takenAtMs))
    .filter(({ agents }) => agents > 0);
}

function ofTeam({ name, presences, available, busy }: Team, takenAtMs: number): Overview {
  const agents = presences.reduce((sum, presence) => sum + presence.agents, 0);
  return toOverview(name === '' ? '(no team)' : name, agents, presences, { available, busy }, takenAtMs);
}

function toOverview(
  name: string,
  agents: number,
  presences: readonly { name: string; agents: number }[],
  { available, busy }: Pick<Floor, 'available' | 'busy'>,
  takenAtMs: number,
): Overview {
  // The presences of the API reference are always in the list, even with 0 agents.
  const agentsIn = (presence: string) => presences.find((each) => each.name === presence)!.agents;
  return {
    name,
    agents,
    ready: agentsIn('Ready'),
    free: available.count,
    longestFree: longest(available, takenAtMs),
    busy,
    away: agentsIn('Away') + agentsIn('ExtendedAway'),
    loggedOut: agentsIn('LoggedOut'),
  };
}

/** A row of the table of agents. `longest` is an age in the form of {@link toDuration}. */
export interface AgentsRow {
  name: string;
  agents: number;
  longest: string;
  /** Whether the row is a part of the last row above it that is not a part. */
  isPart: boolean;
}

/**
 * Returns the agents by presence. The row Ready has parts: free, busy, not routable, unknown. The
 * last two are left out while they are 0.
 */
export function agentsRows({ presences, available, busy, activities, takenAtMs }: Floor): AgentsRow[] {
  const part = (name: string, agents: number, ages?: Ages): AgentsRow => ({
    name,
    agents,
    longest: ages ? longest(ages, takenAtMs) : '',
    isPart: true,
  });
  const count = (activity: Activity) => activities.find(({ name }) => name === activity)!.agents;
  const [ready, ...others] = presences.map(({ name, ages }) => ({
    ...part(name, ages.count, ages),
    isPart: false,
  }));
  const some = [part('not routable', count('ready_not_routable')), part('unknown', count('unknown'))];
  return [
    ready!,
    part('free', available.count, available),
    part('busy', busy),
    ...some.filter(({ agents }) => agents > 0),
    ...others,
  ];
}

/** Returns the longest age in the form of {@link toDuration}. Empty for an empty group. */
export function longest({ oldestMs }: Ages, takenAtMs: number): string {
  return oldestMs === undefined ? '' : toDuration(Math.max(0, takenAtMs - oldestMs));
}

/** Returns a rounded duration with its unit: `7 s`, `4 min`, `3.5 h`, `12 d`. */
export function toDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${(seconds / 3600).toFixed(1)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
