import { bounds, duration, oneOf, pattern, wholeNumber } from './parse.ts';
import { setting } from './setting.ts';

/** Settings of queues and skills. They are part of the table of all settings. */
export const queueSettings = {
  VCC_QUEUES: setting({
    section: 'Queues and skills',
    field: 'queues',
    about:
      'Whether to read who waits in the queues, and what became of those who waited: `off` or `on`. It needs no other credentials than agents do. Each scrape then sends at least one more request, and one more per `VCC_QUEUE_INTERVAL`. docs/use/queues.md describes it.',
    parse: oneOf(['off', 'on']),
    fallback: 'off',
  }),
  VCC_QUEUE_WINDOW: setting({
    section: 'Queues and skills',
    field: 'queue_window',
    about:
      'Length of the sliding window in which the metrics that begin with `vcc_queue_window` count those who left a queue. It ends when the API answers.',
    parse: duration(60_000, 86_400_000),
    fallback: '30m',
  }),
  VCC_QUEUE_INTERVAL: setting({
    section: 'Queues and skills',
    field: 'queue_interval',
    about:
      'How long those who left a queue are used before they are read again. Each read requests the whole window. If it is longer than 10 minutes, raise `older_than` of VccQueueDataStale too.',
    parse: duration(5000, 3_600_000),
    fallback: '60s',
  }),
  VCC_QUEUE_WAIT: setting({
    section: 'Queues and skills',
    field: 'queue_wait',
    about:
      'How long a scrape waits for queues and skills after its agents are read. A read that takes longer continues, and the next scrape uses its result. But Lambda is frozen between two scrapes: if reads always take longer there, set a longer time, well below `VCC_TIMEOUT` and the timeouts of the scraper and the function.',
    parse: duration(0, 60_000),
    fallback: '1s',
  }),
  VCC_QUEUE_BOUNDS: setting({
    section: 'Queues and skills',
    about:
      'Bounds in seconds of the waiting times in `vcc_queue_waiting_longer_than` and `vcc_queue_window_left_within`. Keep the bounds that the alerts use.',
    parse: bounds,
    fallback: '5,10,20,30,60,120,300,600',
  }),
  VCC_MAX_QUEUES: setting({
    section: 'Queues and skills',
    about:
      'Maximum number of queues per account that have separate series, about 70 per queue. It also limits the pairs of queue and interaction plan, and the skills. The exporter adds up the others under `other`. `vcc_queues_folded` and `vcc_skills_folded` say how many queues and skills these are.',
    parse: wholeNumber(0, 10_000),
    fallback: '100',
  }),
  VCC_QUEUE_INCLUDE: setting({
    section: 'Queues and skills',
    field: 'queue_include',
    about:
      'Queues to include: a regular expression (RE2, as in Prometheus) that matches the whole name, as in `Sales.*|Support`.',
    parse: pattern,
    absent: 'all',
  }),
  VCC_QUEUE_EXCLUDE: setting({
    section: 'Queues and skills',
    field: 'queue_exclude',
    about:
      'Queues to exclude, written like `VCC_QUEUE_INCLUDE`. It takes precedence over `VCC_QUEUE_INCLUDE`.',
    parse: pattern,
    absent: 'none',
  }),
  VCC_QUEUE_NUMBERS: setting({
    section: 'Queues and skills',
    field: 'queue_numbers',
    about:
      'Names of queues and interaction plans may look like a phone number or contain an e-mail address. `show` keeps these names, `hash` hashes them with the key `VCC_AGENT_KEY`, and `drop` replaces all of them by `number`.',
    parse: oneOf(['show', 'hash', 'drop']),
    fallback: 'drop',
  }),
  VCC_SKILLS: setting({
    section: 'Queues and skills',
    field: 'skills',
    about:
      "Whether to count free agents by skill: `off`, or `users-api` for the skills in VCC's User Admin API. That API needs credentials with the scope `users:read`. They are read again after `VCC_ROSTER_TTL`. It applies to accounts with `VCC_QUEUES`.",
    parse: oneOf(['off', 'users-api']),
    fallback: 'off',
  }),
} as const;
