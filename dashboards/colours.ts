/** The colour of logged-out agents, and of missing data. */
export const nobodyKnows = '#6E7078';

/** The colour of each presence, the same on every dashboard. */
export const presenceColours = {
  Ready: 'green',
  Away: 'yellow',
  ExtendedAway: 'orange',
  LoggedOut: nobodyKnows,
} as const;

/** The colour of each activity. */
export const activityColours = {
  idle: 'green',
  ready_not_routable: 'dark-green',
  unknown: 'text',
  connected: 'blue',
  working: 'light-blue',
  ringing: 'purple',
  wrap: 'super-light-blue',
  unexpected: 'red',
  failed: 'dark-red',
  away: 'yellow',
  extended_away: 'orange',
  logged_out: nobodyKnows,
  other: 'text',
} as const;

/** The colour of each state of an interaction. */
export const stateColours = {
  Ringing: 'purple',
  Connected: 'blue',
  Wrap: 'super-light-blue',
  Unexpected: 'red',
  Failed: 'dark-red',
} as const;

/** The colour of each kind of workload. */
export const workloadColours = { live: 'blue', semi_live: 'purple', non_live: 'super-light-blue' } as const;

/** The colour of each category: what became of an interaction that queued. */
export const categoryColours = { Answered: 'green', Abandoned: 'red', Breakout: 'orange' } as const;
