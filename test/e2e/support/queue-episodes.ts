import type { Stretch } from './workday.ts';

/** When the day of the queues begins. */
export const queueDayBeginMs = Date.UTC(2026, 10, 18, 8);
/** Minutes that it lasts. */
export const queueDayMinutes = 530;

/** What happens to callers and to the exporter, in minutes from the beginning. */
export const queueEpisodes = {
  /** No caller is delivered, and agents are free. */
  undelivered: { from: 40, to: 54 },
  /** Five times as many callers arrive. */
  surge: { from: 110, to: 121 },
  /** Callers are delivered only in the first 15 of every 90 seconds. */
  slowRouting: { from: 190, to: 265 },
  /** The API answers 503 for those who wait. */
  noOngoing: { from: 325, to: 365 },
  /** The exporter runs without a bound that alerts need. */
  otherQueueBounds: { from: 405, to: 440 },
  /** VCC_QUEUES is off, as if its code could not be loaded. */
  queuesGone: { from: 445, to: 530 },
} as const satisfies Record<string, Stretch>;

/** A description of each episode, for docs/explain/verification.md. */
export const queueAbouts: Readonly<Record<keyof typeof queueEpisodes, string>> = {
  undelivered: 'No caller is delivered to an agent; agents are free',
  surge: 'Five times as many callers arrive as usual',
  slowRouting: 'For 75 minutes, callers are delivered only in 15 of every 90 seconds',
  noOngoing: 'The API answers 503 for those who wait, and other requests as usual',
  otherQueueBounds: 'The exporter runs without a bound of VCC_QUEUE_BOUNDS',
  queuesGone: 'The exporter no longer sends data about queues',
};

/** When an alert may fire: in these episodes, and this number of minutes after. */
interface QueueFiring {
  in: readonly (keyof typeof queueEpisodes)[];
  lingers?: number;
}

/** The episodes in which each alert has to fire. Everywhere else it has to be silent. */
export const queueFiring: Readonly<Record<string, QueueFiring>> = {
  // After several failures, reads pause for some minutes.
  VccQueueDataStale: { in: ['noOngoing', 'queuesGone'], lingers: 6 },
  VccBoundMissing: { in: ['otherQueueBounds'], lingers: 1 },
  VccWaitingWhileFree: { in: ['undelivered'], lingers: 1 },
  // After the episode, the callers who waited have to be answered.
  VccManyWaiting: { in: ['undelivered', 'surge'], lingers: 12 },
  VccWaitTooLong: { in: ['undelivered', 'surge'], lingers: 12 },
  VccServiceLevelLow: { in: ['slowRouting'], lingers: 30 },
};
