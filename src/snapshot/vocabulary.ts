/**
 * The values that the API reference names. Each set is open: {@link OpenSet} admits a limited
 * number of other values. Those count as unknown.
 */

/** Presences, in the order of the API reference. */
export const presences = ['Ready', 'Away', 'ExtendedAway', 'LoggedOut'] as const;

/** Reasons by state. Every state may also have no reason. */
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
 * Media. The API reference says "e.g. Call or Case", and its example has Phone. The rest is from
 * other pages of Vonage.
 */
export const media = ['Phone', 'Call', 'Case', 'Email', 'Chat', 'Phone Callback'] as const;

/**
 * Managers of media. CC is the contact centre, which older answers call VCC. UC is Business Cloud.
 * The rest is from other pages of Vonage.
 */
export const mediumManagers = ['CC', 'UC', 'VCC', 'VBC', 'Salesforce', 'SkypeForBusiness'] as const;

/** Fields whose values are words of an open set. The names are label values. */
export const openFields = ['presence', 'state', 'reason', 'direction', 'medium', 'medium_manager'] as const;
export type OpenField = (typeof openFields)[number];

/** Words of VCC_KNOWN_VALUES, by field. They count as known, like those of the API reference. */
export type KnownValues = Readonly<Partial<Record<OpenField, readonly string[]>>>;

/**
 * The activities, in order of precedence. An agent has only the first that fits:
 * - an interaction, by how much attention its state needs
 * - `working`: workload without a listed interaction
 * - `unknown`: Ready, but work or eligibility for routing is unknown
 * - `idle`: Ready with nothing in hand, and eligible for routing
 * - `ready_not_routable`: Ready with nothing in hand, and not eligible for routing
 * - the presence
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

/** The three kinds of workload in the API, by how much of an agent's attention they need. */
export const workloads = ['live', 'semi_live', 'non_live'] as const;
export type Workload = (typeof workloads)[number];
