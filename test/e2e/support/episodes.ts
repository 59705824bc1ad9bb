import { type Stretch, workday } from './workday.ts';

/** From one sample to the next. */
export const stepSeconds = 30;

/** When the day begins: half past seven of a Wednesday. */
export const beginMs = Date.UTC(2026, 10, 18, 7, 30);

/** Minutes that the day lasts. */
export const dayMinutes = 1060;

/**
 * What befalls the exporter, in minutes from the beginning of the day; what befalls the agents is
 * {@link workday}.
 */
export const troubles = {
  /** Every sixth scrape is answered by 429. */
  throttled: { from: 590, to: 615 },
  /** The first page takes eight of the ten seconds. */
  slow: { from: 620, to: 645 },
  /** The first agent's answer has words of no reference. */
  unknownWords: { from: 650, to: 675 },
  /** Twenty more agents than VCC_AGENT_LIMIT has room for. */
  newHires: { from: 680, to: 705 },
  /** The exporter's clock is 45 s late. */
  lateClock: { from: 710, to: 735 },
  /** The roster's file is gone. */
  noRoster: { from: 740, to: 785 },
  /** The exporter runs without bounds that alerts need. */
  otherBounds: { from: 786, to: 813 },
  /** The API answers 503. */
  apiOutage: { from: 815, to: 830 },
  /** The client secret was changed. */
  wrongSecret: { from: 840, to: 844 },
  /** The second destination takes nothing. */
  pushOutage: { from: 855, to: 870 },
  /** Neither exporter runs. */
  exporterGone: { from: 910, to: 928 },
  /** The answer about the first agent lacks values, and has others than the reference says. */
  flawedAgent: { from: 931, to: 956 },
  /** The eventful account is no longer pushed. The quiet one is still scraped. */
  pushGone: { from: 960, to: 982 },
  /** Neither exporter runs, and the target is gone from the scrape configuration. */
  nothingSent: { from: 990, to: 1006 },
  /** VCC_CACHE_TTL is an hour. */
  staleCache: { from: 1015, to: 1040 },
} as const satisfies Record<string, Stretch>;

/** All that happens, by name. */
export const episodes: Record<keyof typeof workday | keyof typeof troubles, Stretch> = {
  ...workday,
  ...troubles,
};

/** The account in which it happens, which is pushed, and a quiet one, which is scraped. */
export const eventful = 'acme-uk';
export const quiet = 'acme-us';

/** What each episode is, for docs/explain/verification.md. */
export const abouts: Readonly<Record<keyof typeof episodes, string>> = {
  briefing: 'The first ten agents are briefed, away, before they begin',
  shiftStart: 'The others come',
  lull: 'Nothing comes in; three of four agents have nothing to do',
  lunch: 'Nine of ten agents have lunch at the same time',
  longLunches: 'Eight of them stay',
  longBreaks: 'Eight agents are away for long',
  storm: 'Everybody has a call, and the next one rings as soon as it ends',
  longRings: 'Eight agents do not pick up',
  stuck: 'Six agents do not notice that they are in "no answer"',
  failed: 'Four calls fail at the same time',
  longWraps: 'Eight agents take long to wrap up',
  longCalls: 'Eight agents are on the phone for long',
  throttled: 'Every sixth scrape is answered by 429',
  slow: 'The first page takes 8 of the 10 seconds',
  unknownWords: 'An agent has a presence, a state and a reason that the API reference does not name',
  newHires: 'Twenty more agents than VCC_AGENT_LIMIT has room for',
  lateClock: "The exporter's clock is 45 s late",
  noRoster: "The roster's file is gone",
  otherBounds: 'The exporter runs without the bounds of most alerts',
  apiOutage: 'The API answers 503',
  wrongSecret: 'The client secret is wrong',
  pushOutage: 'A destination of pushes takes nothing',
  flawedAgent: 'The answer about an agent lacks its workload, and has a number for a state',
  shiftEnd: 'Everybody leaves',
  exporterGone: 'Neither exporter runs; the target is still in the scrape configuration',
  pushGone: 'One of two accounts is no longer pushed',
  nothingSent: 'Neither exporter runs, and no target is in the scrape configuration',
  staleCache: 'VCC_CACHE_TTL is an hour',
};
