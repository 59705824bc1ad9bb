/**
 * What metrics take from the API where its reference leaves a choice, by metric, for
 * docs/reference/metrics.md. Words in “ ” are the reference's own.
 */
export const metricNotes: Readonly<Record<string, string>> = {
  vcc_agents:
    'The reference lists Ready, Away, ExtendedAway and LoggedOut, and says of the description: “Presences can be configured with description names.” All agents are returned, also those who left the company. So LoggedOut is no base for a ratio.',
  vcc_agents_by_activity:
    'The reference has no such field. An agent with several interactions counts by the one that needs most attention, as in Vonage’s own workforce management feed.',
  vcc_agents_available:
    'The reference says of Ready: “a presence of Ready and a workload containing calls: 0, semiLive: 0 and nonLive: 0 indicates that an agent is idle and therefore available.” But agents who are Ready (Outbound) or Ready (Offline) get no inbound calls. So this metric also requires eligibleForRouting, which the reference does not explain. For the same agent on a call, the reference’s example says false and Vonage’s FAQ says true. For an agent with nothing in hand, the two readings agree.',
  vcc_agents_available_longer_than:
    'The workload of an inbound call falls when wrap-up begins, so the time may include the last wrap-up. VCC routes by the same time.',
  vcc_agents_idle:
    'The reference calls every Ready agent without workload idle. An agent in wrap-up is Ready and has no workload, but has an interaction in the state Wrap: “Wrap time is normally used for post interaction work, such as note taking.”',
  vcc_agents_ready_without_workload:
    'This is the reference’s literal reading: “a presence of Ready and a workload containing calls: 0, semiLive: 0 and nonLive: 0 indicates that an agent is idle and therefore available.”',
  vcc_agents_eligible_for_routing: 'The reference has the field in its example, and does not explain it.',
  vcc_agents_with_workload:
    'The reference says: “calls. The number of live interactions that the agent is currently handling.”, and the same of semi-live and non-live interactions. Vonage’s FAQ has an example without semiLive and nonLive. So these count as 0 where they are absent.',
  vcc_interactions:
    'One interaction may be with two agents (an internal call, a consultation, a supervisor who listens), so this metric counts agents’ legs. The reference says of medium: “The type of interaction, e.g. Call or Case”, and shows Phone.',
  vcc_distinct_interactions: 'The reference says: “guid is the unique identifier for an interaction.”',
  vcc_interaction_oldest_since_timestamp_seconds:
    'The reference says of since: “The time when the agent started work on the interaction.” Whether since restarts with each state is not documented, so the time in Ringing or Connected may include earlier states. The workload of an inbound call falls when wrap-up begins. So wrap-up of an agent with nothing else in hand began at the later of interaction.since and workload.since, whether since restarts or not. If other work ended since, the later of both is too late. `npx vcc-exporter calibrate` finds out what your account does; VCC_SEMANTICS then corrects the time in Wrap.',
};
