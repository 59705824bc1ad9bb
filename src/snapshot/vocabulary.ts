/**
 * The values that the API reference names. Each set is open: {@link OpenSet} admits a limited
 * number of other values, and they are counted as unknown.
 */

/** Presences, in the order of the API reference. */
export const presences = ['Ready', 'Away', 'ExtendedAway', 'LoggedOut'] as const;

/** Reasons by the state they belong to. Every state may also have no reason. */
export const reasonsByState = {
  Ringing: ['Monitor'],
  Connected: ['Resumed', 'Unparked', 'Monitor'],
  Wrap: ['Monitor'],
  Unexpected: [
    'NumberBusy',
    'NoAnswer',
    'NumberUnobtainable',
    'CallRejected',
    'CallFailed',
    'ConnectionUnavailable',
  ],
  Failed: ['NumberUnobtainable', 'CallRejected', 'CallFailed'],
} as const satisfies Record<string, readonly string[]>;

/** Interaction states, in the order of {@link reasonsByState}. */
export const states = Object.keys(reasonsByState) as (keyof typeof reasonsByState)[];

/** Directions, in the order of the API reference. */
export const directions = ['Inbound', 'Outbound', 'Internal'] as const;

/**
 * The API reference says "e.g. Call or Case" and shows Phone. Other pages of Vonage's add the rest.
 */
export const media = ['Phone', 'Call', 'Case', 'Email', 'Chat', 'Phone Callback'] as const;

/**
 * Contact Centre, Business Cloud, the name of the first in older answers, and those that other
 * pages of Vonage's add.
 */
export const mediumManagers = ['CC', 'UC', 'VCC', 'VBC', 'Salesforce', 'SkypeForBusiness'] as const;

/**
 * Fields whose values are words, and each set of words is open. The names are those that metrics
 * have for them.
 */
export const openFields = ['presence', 'state', 'reason', 'direction', 'medium', 'medium_manager'] as const;
export type OpenField = (typeof openFields)[number];

/** Words that are known besides those of the API reference, by field. */
export type KnownValues = Readonly<Partial<Record<OpenField, readonly string[]>>>;

/**
 * The one thing that an agent is doing, in order of precedence: interactions by how much attention
 * they need, then workload without a listed interaction, then the presence. `ready_not_routable`:
 * Ready with nothing in hand, but not eligible for routing. `unknown`: Ready, but the answer does
 * not say whether with work, or whether eligible.
 */
export const activities = [
  'failed',
  'unexpected',
  'connected',
  'ringing',
  'wrap',
  'working',
  'unknown',
  'idle',
  'ready_not_routable',
  'away',
  'extended_away',
  'logged_out',
  'other',
] as const;
export type Activity = (typeof activities)[number];

/** How much of an agent's attention an interaction takes, in the API's three grades. */
export const workloads = ['live', 'semi_live', 'non_live'] as const;
export type Workload = (typeof workloads)[number];
