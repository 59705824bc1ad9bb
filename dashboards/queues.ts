import { type AlertSettings, thresholdOf, toWords } from '../alerts/settings.ts';
import { categoryColours } from './colours.ts';
import { percent, queryVariable, toDashboard } from './dashboard.ts';
import { bars, lines, type Panel, stat } from './panels.ts';
import { longest, naming, once, total } from './promql.ts';
import { noQueues, noQueuesShort, queueQuality } from './queue-data.ts';
import {
  abandonedShare,
  abandonedSteps,
  answeredWithin,
  chosenQueues,
  freeBeside,
  freeForQueue,
  inWindow,
  leftAs,
  longestWait,
  longestWaitOfAll,
  offered,
  serviceLevel,
  serviceSteps,
  speedOfAnswer,
  waiting,
  waitSteps,
} from './queue-numbers.ts';
import { table } from './table.ts';

const noSkills = 'No skills: set VCC_SKILLS (docs/use/queues.md), or no data';
const nobodyLeft = 'nobody left a queue, or no data';
const nobody = { 0: { text: 'nobody', colour: 'green' } };
const none = { 0: { text: 'none', colour: 'green' } };

const formula =
  'answered within the target of their queue / (answered + abandoned + breakouts). Breakouts and short abandons count; agents who wait for a transfer do not';

/** Names the queue for which the API gave no name. */
const byQueue = (expr: string) => naming(expr, 'queue', '(no name)');

/** Returns the dashboard of the queues. It needs VCC_QUEUES. */
export function queuesDashboard(settings: AlertSettings) {
  const wait = thresholdOf(settings, 'VccWaitTooLong', 'longer_than');
  const service = thresholdOf(settings, 'VccServiceLevelLow', 'share');
  const rows = (expr: (queue: string, ...labels: string[]) => string) =>
    byQueue(expr(chosenQueues, 'account', 'queue'));
  return toDashboard(settings, {
    uid: 'vcc-queues',
    title: 'Contact centre / Queues',
    description:
      'Who waits in the queues now, for how long, and what became of those who waited. It needs VCC_QUEUES. Without it the panels are empty and name the setting.',
    tag: 'queues',
    variables: [
      queryVariable(
        'queue',
        'Queue',
        'label_values(vcc_queue_waiting_longer_than{job=~"$job", account=~"$account"}, queue)',
      ),
    ],
    sections: [
      {
        title: 'Now',
        panels: [
          stat({
            title: 'Waiting now',
            description:
              'Interactions that wait in the chosen queues now: calls, chats and others. Interactions for which this is unclear do not count (see Unclear interactions).',
            width: 4,
            height: 5,
            noValue: noQueuesShort,
            queries: [{ expr: waiting(chosenQueues) }],
          }),
          stat({
            title: 'Longest wait',
            description: `The longest time that an interaction has waited in its current queue. Orange from ${toWords(wait)}, the time limit of VccWaitTooLong.`,
            width: 4,
            height: 5,
            unit: 'dthms',
            noValue: noQueuesShort,
            background: true,
            meanings: nobody,
            steps: waitSteps(settings),
            queries: [{ expr: longestWaitOfAll(chosenQueues) }],
          }),
          stat({
            title: 'Service level',
            description: `In the sliding window: ${formula}. Green from ${percent(2 * service)}, red below the threshold of VccServiceLevelLow. No value if nobody left a queue, or if the queues have no target.`,
            width: 4,
            height: 5,
            unit: 'percentunit',
            decimals: 0,
            noValue: nobodyLeft,
            background: true,
            steps: serviceSteps(settings),
            queries: [{ expr: serviceLevel(chosenQueues) }],
          }),
          stat({
            title: 'Abandoned',
            description:
              'In the sliding window: customers who gave up, as a share of those who left a queue. Orange from 10 %. No value if nobody left a queue.',
            width: 4,
            height: 5,
            unit: 'percentunit',
            decimals: 0,
            noValue: nobodyLeft,
            background: true,
            steps: abandonedSteps,
            queries: [{ expr: abandonedShare(chosenQueues) }],
          }),
          stat({
            title: 'Free agents',
            description:
              'Agents who can take the next call, as on Floor, in the accounts whose queues are read. Ignores the variable Queue: an agent may lack the skill that a queue needs.',
            width: 4,
            height: 5,
            noValue: noQueuesShort,
            queries: [{ expr: freeBeside }],
          }),
          stat({
            title: 'Sources that fail',
            description:
              'Sources of queue data whose last read failed, over all chosen accounts. The row Quality of the data shows which, and why. The numbers about agents are not affected.',
            width: 4,
            height: 5,
            noValue: noQueuesShort,
            background: true,
            meanings: none,
            steps: [
              [null, 'green'],
              [1, 'red'],
            ],
            queries: [{ expr: `sum(1 - ${once('vcc_queue_up')})` }],
          }),
          windowStat('Offered', 'Customers who left a queue', offered(chosenQueues)),
          windowStat('Answered', 'Customers who were answered', leftAs('Answered', chosenQueues)),
          windowStat('Gave up', 'Customers who gave up (Abandoned)', leftAs('Abandoned', chosenQueues)),
          windowStat(
            'Breakouts',
            'Customers whom the interaction plan took out of the queue (Breakout), for example to voicemail or for a callback',
            leftAs('Breakout', chosenQueues),
          ),
          stat({
            title: 'Speed of answer',
            description: 'How long answered customers waited on average, in the sliding window.',
            width: 4,
            height: 3,
            unit: 'dthms',
            noValue: 'nobody answered, or no data',
            queries: [{ expr: speedOfAnswer(chosenQueues) }],
          }),
          stat({
            title: 'Sliding window',
            description:
              'The length of the window (VCC_QUEUE_WINDOW) in which all numbers about those who left are counted. It ends when the API answered. Accounts may differ: the longest one is shown.',
            width: 4,
            height: 3,
            unit: 'dthms',
            noValue: noQueuesShort,
            queries: [{ expr: `max(${once('vcc_queue_window_seconds')})` }],
          }),
        ],
      },
      {
        title: 'By queue',
        panels: [
          table({
            title: 'Queues',
            description: `Each queue. "Waiting" and "Longest wait" are now; the other numbers are of the sliding window. "Free for it": free agents with a skill that customers of the queue asked for in the window; an agent counts once per skill (only with VCC_SKILLS). "Offered": answered, abandoned and breakouts. "Service level": ${formula}. "Speed of answer": the average wait of answered customers. "Target": the target of the customer who came last. The queue "other" adds up those beyond VCC_MAX_QUEUES, and "number" those whose name looks like a phone number.`,
            width: 24,
            height: 9,
            noValue: noQueues,
            sortBy: 'Waiting',
            columns: [
              { title: 'Account', from: { label: 'account' }, width: 120 },
              { title: 'Queue', from: { label: 'queue' } },
              {
                title: 'Waiting',
                from: { expr: rows((queue, ...labels) => total('vcc_queue_waiting', queue, ...labels)) },
                width: 80,
              },
              {
                title: 'Longest wait',
                from: { expr: rows(longestWait) },
                unit: 'dthms',
                meanings: { 0: { text: 'nobody' } },
                steps: waitSteps(settings),
                width: 105,
              },
              { title: 'Free for it', from: { expr: rows(freeForQueue) }, width: 90 },
              { title: 'Offered', from: { expr: rows(offered) }, width: 80 },
              {
                title: 'Answered',
                from: { expr: rows((...chosen) => leftAs('Answered', ...chosen)) },
                width: 90,
              },
              {
                title: 'Abandoned',
                from: { expr: rows((...chosen) => leftAs('Abandoned', ...chosen)) },
                width: 100,
              },
              {
                title: 'Breakouts',
                from: { expr: rows((...chosen) => leftAs('Breakout', ...chosen)) },
                width: 95,
              },
              {
                title: 'Service level',
                from: { expr: rows(serviceLevel) },
                unit: 'percentunit',
                decimals: 0,
                steps: serviceSteps(settings),
                width: 110,
              },
              {
                title: 'Target',
                from: { expr: rows((queue) => once('vcc_queue_target_seconds', queue)) },
                unit: 'dthms',
                width: 80,
              },
              { title: 'Speed of answer', from: { expr: rows(speedOfAnswer) }, unit: 'dthms', width: 130 },
              {
                title: 'Abandoned %',
                from: { expr: rows(abandonedShare) },
                unit: 'percentunit',
                decimals: 0,
                steps: abandonedSteps,
                width: 115,
              },
            ],
          }),
        ],
      },
      {
        title: 'Over time',
        panels: [
          lines({
            title: 'Waiting, by queue',
            description: 'Interactions that wait in each queue, stacked. A gap is a time without data.',
            width: 12,
            height: 8,
            noValue: noQueues,
            stacked: true,
            legend: 'table',
            queries: [
              { expr: byQueue(total('vcc_queue_waiting', chosenQueues, 'queue')), legend: '{{queue}}' },
            ],
          }),
          lines({
            title: 'Waiting beside free agents',
            description:
              'Do customers wait while agents are free? "waiting": in the chosen queues. "free agents": of the accounts whose queues are read, with any skill. Choose one account: a free agent of one account takes no call of another.',
            width: 12,
            height: 8,
            noValue: noQueues,
            colours: { waiting: 'orange', 'free agents': 'green' },
            queries: [
              { expr: waiting(chosenQueues), legend: 'waiting' },
              { expr: freeBeside, legend: 'free agents' },
            ],
          }),
          lines({
            title: 'Service level, by queue',
            description: `At each time, of the sliding window that ends then: ${formula}. A gap: nobody left the queue within the window, or it has no target. The dashed line is the threshold of VccServiceLevelLow.`,
            width: 12,
            height: 8,
            unit: 'percentunit',
            decimals: 0,
            max: 1,
            noValue: nobodyLeft,
            legend: 'table',
            steps: [
              [null, 'transparent'],
              [service, 'red'],
            ],
            queries: [{ expr: byQueue(serviceLevel(chosenQueues, 'queue')), legend: '{{queue}}' }],
          }),
          lines({
            title: 'What became of those who left',
            description:
              'At each time, the customers who left a queue within the sliding window that ends then, by what became of them. They are not the customers of one scrape: each counts for the length of the window (vcc_queue_window_seconds). Agents who waited for a transfer do not count.',
            width: 12,
            height: 8,
            noValue: noQueues,
            stacked: true,
            colours: categoryColours,
            queries: [
              {
                expr: naming(
                  total('vcc_queue_window_left', `${chosenQueues}, party_role!="Agent"`, 'category'),
                  'category',
                  '(no category)',
                ),
                legend: '{{category}}',
              },
            ],
          }),
        ],
      },
      {
        title: 'Waiting times',
        panels: [
          bars({
            title: 'Waiting for longer than',
            description:
              'Interactions that have waited for longer than each time. A bar also counts those of all longer times. The times are `queue_bounds` of the thresholds, and VCC_QUEUE_BOUNDS must have them.',
            width: 12,
            height: 8,
            many: true,
            noValue: 'VCC_QUEUE_BOUNDS has none of these times, or no data',
            queries: settings.queueBounds.map((seconds) => ({
              expr: total('vcc_queue_waiting_longer_than', `${chosenQueues}, seconds="${seconds}"`),
              legend: toWords(seconds),
            })),
          }),
          bars({
            title: 'Answered within',
            description:
              'The service level of the sliding window if each time were the target of every queue: answered within it / (answered + abandoned + breakouts). The times are `queue_bounds` of the thresholds, and VCC_QUEUE_BOUNDS must have them.',
            width: 12,
            height: 8,
            unit: 'percentunit',
            max: 1,
            many: true,
            noValue: 'nobody left a queue, VCC_QUEUE_BOUNDS has none of these times, or no data',
            queries: settings.queueBounds.map((seconds) => ({
              expr: answeredWithin(seconds, chosenQueues),
              legend: toWords(seconds),
            })),
          }),
        ],
      },
      {
        title: 'Skills',
        panels: [
          table({
            title: 'Free agents with a skill',
            description:
              'Each skill now. "Free": agents who can take the next call. "Idle": also those who are not eligible for routing. An agent counts under each skill, so a sum over skills counts agents twice. "other" adds up the skills beyond VCC_MAX_QUEUES. Ignores the variable Queue. Only with VCC_SKILLS.',
            width: 12,
            height: 8,
            noValue: noSkills,
            sortBy: 'Free',
            columns: [
              { title: 'Account', from: { label: 'account' }, width: 120 },
              { title: 'Skill', from: { label: 'skill' } },
              { title: 'Free', from: { expr: once('vcc_skill_agents_available') }, width: 80 },
              { title: 'Idle', from: { expr: once('vcc_skill_agents_idle') }, width: 80 },
              {
                title: 'Longest idle',
                from: {
                  expr: longest(
                    once('vcc_skill_idle_oldest_since_timestamp_seconds'),
                    once('vcc_skill_agents_idle'),
                    'account',
                    'skill',
                  ),
                },
                unit: 'dthms',
                meanings: { 0: { text: 'nobody' } },
                width: 110,
              },
            ],
          }),
          lines({
            title: 'Free agents, by skill',
            description:
              'Agents with each skill who can take the next call. An agent counts under each skill. Ignores the variable Queue. Only with VCC_SKILLS.',
            width: 12,
            height: 8,
            noValue: noSkills,
            legend: 'table',
            queries: [{ expr: total('vcc_skill_agents_available', '', 'skill'), legend: '{{skill}}' }],
          }),
        ],
      },
      { title: 'Quality of the data', panels: queueQuality },
    ],
  });
}

function windowStat(title: string, what: string, expr: string): Panel {
  return stat({
    title,
    description: `${what}, within the sliding window that ends now. Agents who waited for a transfer do not count.`,
    width: 4,
    height: 3,
    noValue: noQueuesShort,
    queries: [{ expr: inWindow(expr) }],
  });
}
