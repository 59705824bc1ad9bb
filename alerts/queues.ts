import { type Alert, alert, type Common } from './alert.ts';
import { answered, offered } from './promql.ts';
import { onShift } from './supervisor.ts';

const audience = 'supervisor';
const dashboard = 'vcc-queues';

/**
 * Returns the condition that `count` is at least `least`, and at least `share` of `base`. A fixed
 * number of callers would be ordinary on a large floor.
 */
const enough = (count: string, least: number, base: string, share: number) =>
  `${count} >= ${least}\nand ${count} >= ${share} * ${base}`;

/**
 * Returns the newest sum over all queues. A series of a queue may end while its last sample is not
 * 0. A sum of the newest samples would count these callers again, together with those of the
 * present.
 */
const newestSum = (series: string, dropped: string, { recent, interval }: Common) =>
  `last_over_time(sum without (${dropped}) (${series})[${recent}:${interval}])`;

/** Alerts about callers in queues, for supervisors. Without VCC_QUEUES they have no series. */
export const queueAlerts: readonly Alert[] = [
  alert({
    name: 'VccWaitingWhileFree',
    about:
      'Many callers have waited for longer than `waiting_longer_than`, while many agents have been free for longer than `free_longer_than`. Calls do not reach the agents who could take them.',
    audience,
    severity: 'critical',
    scope: 'account',
    dashboard,
    kinds: {
      callers: 'number',
      agents: 'number',
      share: 'share',
      waiting_longer_than: 'queue_bound',
      free_longer_than: 'bound',
    },
    summary: '{{ $value }} callers of {{ $labels.account }} wait although agents are free',
    description:
      'For at least $for, many callers and many free agents of {{ $labels.account }} have waited for each other. Now {{ $value }} callers wait for too long. Check routing and skills in VCC: in which queues they wait, and which skills the free agents have.',
    expr({ callers, agents, share, waiting_longer_than, free_longer_than }, ask, common) {
      const waiting = ask.select('vcc_queue_waiting_longer_than', `seconds="${waiting_longer_than.seconds}"`);
      const free = ask.latest('vcc_agents_available_longer_than', `seconds="${free_longer_than.seconds}"`);
      const base = onShift(ask, common);
      return [
        enough(newestSum(waiting, 'queue, seconds', common), callers, base, share),
        enough(`sum without (seconds) (${free})`, agents, base, share),
      ].join('\nand ');
    },
  }),
  alert({
    name: 'VccManyWaiting',
    about: 'Many callers of an account wait, in all queues together.',
    audience,
    severity: 'warning',
    scope: 'account',
    dashboard,
    kinds: { callers: 'number', share: 'share' },
    summary: '{{ $value }} callers of {{ $labels.account }} wait',
    description:
      'For at least $for, many callers of {{ $labels.account }} have waited. Now {{ $value }} callers wait in all queues together. Ask agents to come back from breaks, or to end other work.',
    expr: ({ callers, share }, ask, common) =>
      enough(
        newestSum(ask.select('vcc_queue_waiting'), 'queue, interaction_plan, medium', common),
        callers,
        onShift(ask, common),
        share,
      ),
  }),
  alert({
    name: 'VccWaitTooLong',
    about: 'At least `callers` callers have waited in one queue for longer than `longer_than`.',
    audience,
    severity: 'warning',
    scope: 'queue',
    dashboard,
    kinds: { callers: 'number', longer_than: 'queue_bound' },
    summary:
      '{{ $value }} callers wait in {{ or $labels.queue "(no name)" }} for longer than {{ $labels.seconds | humanizeDuration }}',
    description:
      '{{ $value }} callers of {{ $labels.account }} have waited in the queue {{ or $labels.queue "(no name)" }} for longer than {{ $labels.seconds | humanizeDuration }}. Check who can take calls of this queue. Move agents there, or change the routing.',
    expr: ({ callers, longer_than }, { latest }) =>
      `${latest('vcc_queue_waiting_longer_than', `seconds="${longer_than.seconds}"`)} >= ${callers}`,
  }),
  alert({
    name: 'VccServiceLevelLow',
    about:
      'Fewer than `share` of those who left a queue within the sliding window (`VCC_QUEUE_WINDOW`) were answered in time, and at least `offered` left it. In time means within the target of the queue in VCC, or `target` if it has none.',
    audience,
    severity: 'warning',
    scope: 'queue',
    dashboard,
    kinds: { share: 'share', offered: 'number', target: 'queue_bound' },
    summary:
      'Service level of {{ or $labels.queue "(no name)" }} is {{ $value | humanizePercentage }} ({{ $labels.account }})',
    description:
      'For at least $for, too few callers of the queue {{ or $labels.queue "(no name)" }} ({{ $labels.account }}) have been answered in time. Now {{ $value | humanizePercentage }} of those who left the queue in the last window were. Move agents there, or plan more.',
    expr({ share, offered: least, target }, { latest }) {
      const inTarget = latest('vcc_queue_window_left_in_target', answered);
      const within = latest('vcc_queue_window_left_within', `${answered}, seconds="${target.seconds}"`);
      const all = latest('vcc_queue_window_left', offered);
      return [
        `(sum without (category, party_role) (${inTarget})`,
        `  or sum without (category, party_role, seconds) (${within}))`,
        `  / (sum without (category, party_role) (${all}) >= ${least}) < ${share}`,
      ].join('\n');
    },
  }),
];
