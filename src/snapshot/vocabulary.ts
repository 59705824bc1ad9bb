/** The words that the API reference names. Each set is open: others are kept as they came and counted as unknown. */

/** Presences, in the order of the reference. */
export const presences = ['Ready', 'Away', 'ExtendedAway', 'LoggedOut'] as const;

/** Reasons by the state they belong to; every state may also have none. */
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

/** Interaction states, in the order of an interaction's life. */
export const states = Object.keys(reasonsByState) as (keyof typeof reasonsByState)[];

/** Directions, in the order of the reference. */
export const directions = ['Inbound', 'Outbound', 'Internal'] as const;

/** The reference says "e.g. Call or Case" and shows Phone; Vonage's page on interactions adds e-mails and chats. */
export const media = ['Phone', 'Call', 'Case', 'Email', 'Chat'] as const;

/** Contact Centre, Business Cloud, and the name that older answers have for the first. */
export const mediumManagers = ['CC', 'UC', 'VCC'] as const;

/**
 * The one thing an agent is doing: interactions first, in the order in which they claim attention, then workload
 * without a listed interaction, then the presence. An order of precedence, not of display.
 */
export const activities = [
  'failed',
  'unexpected',
  'connected',
  'ringing',
  'wrap',
  'working',
  'idle',
  'away',
  'extended_away',
  'logged_out',
  'other',
] as const;
export type Activity = (typeof activities)[number];

/** How much of an agent an interaction takes, in the API's three grades. */
export const workloads = ['live', 'semi_live', 'non_live'] as const;
export type Workload = (typeof workloads)[number];
