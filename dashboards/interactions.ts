import { type AlertSettings, thresholdOf, toWords } from '../alerts/settings.ts';
import { stateColours, workloadColours } from './colours.ts';
import { toDashboard } from './dashboard.ts';
import { fromBound, longestInteraction } from './floor.ts';
import { lines, minutes, type Panel, stat } from './panels.ts';
import { enough, longest, naming, once, total } from './promql.ts';

const nothing = { 0: { text: 'none', colour: 'green' } };

/** What agents have in hand. */
export function interactionsDashboard(settings: AlertSettings) {
  const limit = (name: `Vcc${string}`, key: string) => thresholdOf(settings, name, key);

  function longestStat(title: string, state: string, alert: `Vcc${string}`): Panel {
    return stat({
      title,
      description: `How long the oldest interaction in the state ${state} has lasted. Orange from ${toWords(limit(alert, 'longer_than'))} on, the bound of ${alert}.`,
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
      description: `Interactions in the state ${state}: they keep an agent from work. Orange while so many of an account have the same reason that ${alert} fires.`,
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
      description: `Interactions in the state ${state}, by the reason that the API gives.`,
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
    title: 'Contact center / Interactions',
    description:
      'What agents have in hand, by medium, direction, state and reason, and how long it lasts. Agents’ legs: an interaction with two agents counts twice. Not the queue: that is not in this API.',
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
              'Of the agents at work, the share that is in wrap-up. It has no alert: what is usual depends on the work.',
            width: 4,
            height: 4,
            unit: 'percentunit',
            decimals: 0,
            noValue: 'nobody, or no data',
            queries: [{ expr: `${total('vcc_agents_by_activity', 'activity="wrap"')} / (${working} > 0)` }],
          }),
        ],
      },
      {
        title: 'What it is',
        panels: [
          by('By state', 'state', 'Agents’ legs of interactions by state.'),
          by('By medium', 'medium', 'Agents’ legs of interactions by medium: phone, chat, e-mail, case.'),
          by('By direction', 'direction', 'Agents’ legs of interactions by direction.'),
        ],
      },
      {
        title: 'What goes wrong',
        panels: [byReason('Unexpected'), byReason('Failed')],
      },
      {
        title: 'How long it takes',
        panels: [
          lines({
            title: 'Longest, by state',
            description: 'How long the oldest interaction of each state has lasted.',
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
            title: 'Median length so far, by state',
            description:
              'Half of the interactions of an account in a state have lasted for longer than this so far.',
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
            title: 'Workload in hand',
            description:
              'Live (calls), semi-live (chats) and non-live (cases, e-mails) interactions in hand, as the API counts workload: without wrap-up.',
            width: 12,
            height: 8,
            stacked: true,
            colours: workloadColours,
            queries: [{ expr: total('vcc_workload_interactions', '', 'workload'), legend: '{{workload}}' }],
          }),
          lines({
            title: 'Different interactions',
            description:
              'Interactions that agents have in hand, each counted once, however many agents are on it; and agents’ legs of them.',
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
