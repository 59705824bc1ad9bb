import { agentGauge, agentInfo } from './metric.ts';

const none = {};
const live = { workload: 'live' };
const semiLive = { workload: 'semi_live' };
const nonLive = { workload: 'non_live' };

/**
 * Metrics of single agents, only with VCC_AGENT_METRICS. The state of an agent is never a label of
 * a `since` series, so that a change of state changes a value and not the series.
 */
export const agentSeriesMetrics = [
  agentGauge({
    name: 'vcc_agent_presence',
    help: "A constant 1 with the agent's current presence and its description. Only with VCC_AGENT_METRICS.",
    source: 'presence.name, presence.description',
    labels: ['presence', 'description'],
    samples: ({ presence }, add) => add(presence, 1),
  }),
  agentGauge({
    name: 'vcc_agent_presence_since_timestamp_seconds',
    help: 'When the agent entered the current presence. No sample without a known time.',
    source: 'presence.since',
    samples({ agent }, add) {
      if (agent.presenceSinceMs !== undefined) add(none, agent.presenceSinceMs / 1000);
    },
  }),
  agentGauge({
    name: 'vcc_agent_workload',
    help: "The agent's live, semi-live and non-live interactions, as the API counts workload. No sample for a kind whose number is unknown.",
    source: 'workload.calls, workload.semiLive, workload.nonLive',
    labels: ['workload'],
    samples({ agent }, add) {
      if (agent.live !== undefined) add(live, agent.live);
      if (agent.semiLive !== undefined) add(semiLive, agent.semiLive);
      if (agent.nonLive !== undefined) add(nonLive, agent.nonLive);
    },
  }),
  agentGauge({
    name: 'vcc_agent_workload_since_timestamp_seconds',
    help: "When the agent's workload last changed. No sample without a known time.",
    source: 'workload.since',
    samples({ agent }, add) {
      if (agent.workloadSinceMs !== undefined) add(none, agent.workloadSinceMs / 1000);
    },
  }),
  agentGauge({
    name: 'vcc_agent_eligible_for_routing',
    help: '1 if the agent is eligible for routing according to the API, else 0. No sample if the API does not say.',
    source: 'presence.eligibleForRouting',
    samples({ agent }, add) {
      if (agent.eligibleForRouting !== undefined) add(none, agent.eligibleForRouting);
    },
  }),
  agentGauge({
    name: 'vcc_agent_interactions',
    help: "The agent's legs of interactions by state. States without a leg have no series.",
    source: 'interaction[].state',
    labels: ['state'],
    samples({ states }, add) {
      for (const { labels, legs } of states) add(labels, legs);
    },
  }),
  agentInfo({
    name: 'vcc_agent_info',
    help: "A constant 1 with the agent's roster columns as labels: the columns in VCC_ROSTER_LABELS (team and site by default).",
    source: 'roster',
  }),
];
