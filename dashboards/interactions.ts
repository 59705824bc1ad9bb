import { type AlertSettings, thresholdOf, toWords } from '../alerts/settings.ts';
import { stateColours, workloadColours } from './colours.ts';
import { toDashboard } from './dashboard.ts';
import { fromBound, longestInteraction } from './floor.ts';
import { lines, minutes, type Panel, stat } from './panels.ts';
import { enough, longest, naming, once, total } from './promql.ts';

const nothing = { 0: { text: 'none', colour: 'green' } };

/** Returns the dashboard of the interactions that agents are handling. */
export function interactionsDashboard(settings: AlertSettings) {
  const limit = (name: `Vcc${string}`, key: string) => thresholdOf(settings, name, key);

  function longestStat(title: string, state: string, alert: `Vcc${string}`): Panel {
    return stat({
      title,
      description: `The longest time that an interaction has been in the state ${state}. Orange from ${toWords(limit(alert, 'longer_than'))}, the time limit of ${alert}.`,
      width: 4,
      height: 4,
      unit: 'dthms',
      background: true,
      meanings: nothing,
      steps: fromBound(limit(alert, 'longer_than')),
      queries: [{ expr: longestInteraction(state) }],
    });
  }

  function atOnceStat(state: string, alert: `Vcc${string}`): Panel {
    return stat({
      title: `${state} now`,
      description: `Interactions in the state ${state}. Their agents get no other work. Orange when one account has enough of them with the same reason for ${alert} to fire.`,
      width: 4,
      height: 4,
      decimals: 0,
      background: true,
      alarm: enough(
        total('vcc_interactions_by_reason', `state="${state}"`, 'account', 'reason'),
        limit(alert, 'interactions'),
        limit(alert, 'share'),
        settings,
      ),
      queries: [{ expr: total('vcc_interactions_by_reason', `state="${state}"`) }],
    });
  }

  function byReason(state: string): Panel {
    return lines({
      title: `${state}, by reason`,
      description: `Interactions in the state ${state}, by the reason that the API returns.`,
      width: 12,
      height: 8,
      stacked: true,
      legend: 'table',
      queries: [
        {
          expr: naming(
            total('vcc_interactions_by_reason', `state="${state}"`, 'reason'),
            'reason',
            'no reason',
          ),
          legend: '{{reason}}',
        },
      ],
    });
  }

  function by(title: string, label: string, description: string): Panel {
    return lines({
      title,
      description,
      width: 8,
      height: 8,
      noValue: 'no interactions, or no data',
      stacked: true,
      ...(label === 'state' && { colours: stateColours }),
      queries: [{ expr: total('vcc_interactions', '', label), legend: `{{${label}}}` }],
    });
  }

  const working = total('vcc_agents_by_activity', 'activity=~"ringing|connected|wrap|working"');
  return toDashboard(settings, {
    uid: 'vcc-interactions',
    title: 'Contact centre / Interactions',
    description:
      'The interactions that agents are handling: by medium, direction, state and reason, and for how long. An interaction with two agents counts twice. The dashboard Queues shows who waits.',
    tag: 'interactions',
    sections: [
      {
        title: 'Now',
        panels: [
          longestStat('Longest connected', 'Connected', 'VccConnectedVeryLong'),
          longestStat('Longest wrap-up', 'Wrap', 'VccWrapTooLong'),
          longestStat('Longest ringing', 'Ringing', 'VccRingTooLong'),
          atOnceStat('Unexpected', 'VccRingNoAnswer'),
          atOnceStat('Failed', 'VccFailedInteractions'),
          stat({
            title: 'In wrap-up',
            description:
              'Agents in wrap-up as a share of the agents who are handling work (as in the panel Handling work on Floor). No alert watches it, because the usual share depends on the work.',
            width: 4,
            height: 4,
            unit: 'percentunit',
            decimals: 0,
            noValue: 'nobody at work, or no data',
            queries: [{ expr: `${total('vcc_agents_by_activity', 'activity="wrap"')} / (${working} > 0)` }],
          }),
        ],
      },
      {
        title: 'By state, medium and direction',
        panels: [
          by('By state', 'state', 'Interactions by state. An interaction with two agents counts twice.'),
          by(
            'By medium',
            'medium',
            'Interactions by medium, in the words of the API: Phone, Call, Phone Callback, Chat, Email, Case.',
          ),
          by('By direction', 'direction', 'Interactions by direction.'),
        ],
      },
      {
        title: 'Unexpected and failed',
        panels: [byReason('Unexpected'), byReason('Failed')],
      },
      {
        title: 'Duration',
        panels: [
          lines({
            title: 'Longest, by state',
            description: 'The longest time that an interaction has been in each state.',
            width: 12,
            height: 8,
            unit: minutes,
            colours: stateColours,
            queries: [
              {
                expr: longest(
                  once('vcc_interaction_oldest_since_timestamp_seconds'),
                  total('vcc_interactions_by_reason', '', 'account', 'state'),
                  'state',
                ),
                legend: '{{state}}',
              },
            ],
          }),
          lines({
            title: 'Median duration so far, by state',
            description:
              'Half of the interactions of an account have been in the state for longer than this.',
            width: 12,
            height: 8,
            unit: minutes,
            legend: 'table',
            noValue: 'no interactions, or no data',
            queries: [
              {
                expr: longest(
                  once('vcc_interaction_median_since_timestamp_seconds'),
                  total('vcc_interactions_by_reason', '', 'account', 'state'),
                  'account',
                  'state',
                ),
                legend: '{{account}} {{state}}',
              },
            ],
          }),
        ],
      },
      {
        title: 'Workload',
        panels: [
          lines({
            title: 'Workload by kind',
            description:
              'Live (calls), semi-live (chats) and non-live (cases, e-mails) interactions, as the API counts workload. Whether that includes wrap-up depends on the account (docs/use/calibrate.md).',
            width: 12,
            height: 8,
            stacked: true,
            colours: workloadColours,
            queries: [{ expr: total('vcc_workload_interactions', '', 'workload'), legend: '{{workload}}' }],
          }),
          lines({
            title: 'Different interactions',
            description:
              '"interactions": each interaction counts once. "legs": each interaction counts once per agent.',
            width: 12,
            height: 8,
            queries: [
              { expr: total('vcc_distinct_interactions'), legend: 'interactions' },
              { expr: total('vcc_interactions_by_reason'), legend: 'legs' },
            ],
          }),
        ],
      },
    ],
  });
}
