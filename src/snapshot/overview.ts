import type { Ages } from './ages.ts';
import type { Floor } from './floor.ts';
import type { Reading } from './reading.ts';
import type { Team } from './teams.ts';

/** An account or a team at a glance. */
export interface Overview {
  name: string;
  agents: number;
  ready: number;
  idle: number;
  /** As {@link toDuration}; empty when nobody is idle. */
  longestIdle: string;
  /** Ready, but not idle. */
  busy: number;
  /** Away and ExtendedAway. */
  away: number;
  loggedOut: number;
}

/** Teams of more accounts would hide the accounts. */
const maxAccountsWithTeams = 4;

/** An account at a glance. */
export function accountOverview(name: string, { agents, presences, idle, takenAtMs }: Floor): Overview {
  const counts = presences.map((presence) => ({ name: presence.name, agents: presence.ages.count }));
  return toOverview(name, agents, counts, idle, takenAtMs);
}

/**
 * The teams of an account at a glance, those with agents, by name; who is in no team comes last. None without a roster, nor
 * where it is one of more than four accounts that are shown.
 */
export function teamOverviews({ teams, floor }: Reading, accounts: number): Overview[] {
  if (!teams || !floor || accounts > maxAccountsWithTeams) return [];
  const inTeam = teams.teams.filter(({ name }) => name !== '');
  const inNone = teams.teams.filter(({ name }) => name === '');
  return [...inTeam, ...inNone]
    .map((team) => ofTeam(team, floor.takenAtMs))
    .filter(({ agents }) => agents > 0);
}

function ofTeam({ name, presences, idle }: Team, takenAtMs: number): Overview {
  const agents = presences.reduce((sum, presence) => sum + presence.agents, 0);
  return toOverview(name === '' ? '(no team)' : name, agents, presences, idle, takenAtMs);
}

function toOverview(
  name: string,
  agents: number,
  presences: readonly { name: string; agents: number }[],
  idle: Ages,
  takenAtMs: number,
): Overview {
  const agentsIn = (presence: string) => presences.find((each) => each.name === presence)?.agents ?? 0;
  const ready = agentsIn('Ready');
  return {
    name,
    agents,
    ready,
    idle: idle.count,
    longestIdle: longest(idle, takenAtMs),
    busy: ready - idle.count,
    away: agentsIn('Away') + agentsIn('ExtendedAway'),
    loggedOut: agentsIn('LoggedOut'),
  };
}

/** How long the longest has lasted, as {@link toDuration}; empty when there is none. */
export function longest({ oldestMs }: Ages, takenAtMs: number): string {
  return oldestMs === undefined ? '' : toDuration(Math.max(0, takenAtMs - oldestMs));
}

/** `7 s`, `4 min`, `3.5 h`, `12 d`. */
export function toDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${(seconds / 3600).toFixed(1)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
