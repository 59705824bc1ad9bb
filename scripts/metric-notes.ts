/**
 * How metrics read the API where its reference leaves a choice, by metric, for
 * docs/reference/metrics.md. Texts in quotes are the reference's own.
 */
export const metricNotes: Readonly<Record<string, string>> = {
  vcc_agents: `The API returns all agents, including agents who left the company. So do not count LoggedOut agents in ratios. The reference lists four presences: Ready, Away, ExtendedAway and LoggedOut. It says of the description: "Presences can be configured with description names."`,
  vcc_agents_by_activity: `The API has no field for this. If several activities of this list fit, the first one counts, as in Vonage's workforce management feed. So an interaction takes precedence over workload, and workload over the presence.
  - \`failed\`, \`unexpected\`, \`connected\`, \`ringing\`, \`wrap\`: the agent has an interaction in this state.
  - \`working\`: the agent has workload without a listed interaction, or an interaction in another state.
  - \`unknown\`: the agent is Ready, but workload, interactions or eligibility are unknown.
  - \`idle\`: the agent is free, as in \`vcc_agents_available\`.
  - \`ready_not_routable\`: the agent is Ready with nothing in hand, and not eligible for routing.
  - \`away\`, \`extended_away\`, \`logged_out\`, \`other\`: the presence of an agent who is not Ready.`,
  vcc_agents_available: `The reference says of Ready: "a presence of Ready and a workload containing calls: 0, semiLive: 0 and nonLive: 0 indicates that an agent is idle and therefore available". But agents who are Ready (Outbound) or Ready (Offline) get no inbound calls. So this metric also requires \`eligibleForRouting\`, which the reference does not explain. For an agent on a call, the reference's example has false and Vonage's FAQ has true. For an agent with nothing in hand, this difference does not matter.`,
  vcc_agents_available_longer_than: `The time starts at the later of \`presence.since\` and \`workload.since\`. VCC uses the same time for routing. If the workload falls when wrap-up begins, the time includes the last wrap-up. \`npx vcc-exporter calibrate\` finds out when it falls (\`workload_falls_<medium>\`). All metrics of the time free, and \`vcc_agents_idle_longer_than\`, use this time.`,
  vcc_agents_idle: `The reference calls every Ready agent without workload idle. But an agent in wrap-up is Ready without workload, and has an interaction in the state Wrap. The reference says: "Wrap time is normally used for post interaction work, such as note taking."`,
  vcc_agents_ready_without_workload:
    'This is the definition of idle in the reference, as quoted for `vcc_agents_available`.',
  vcc_agents_eligible_for_routing: 'The reference shows the field in its example, and does not explain it.',
  vcc_agents_with_workload: `The reference says: "calls. The number of live interactions that the agent is currently handling." It says the same of semi-live and non-live interactions. Vonage's FAQ has an example without \`semiLive\` and \`nonLive\`. So these count as 0 where they are absent.`,
  vcc_interactions: `Two agents may have the same interaction: in an internal call, in a consultation, or when a supervisor listens. So this metric counts agents' legs. The reference says of medium: "The type of interaction, e.g. Call or Case". Its example has Phone.`,
  vcc_distinct_interactions: `The reference says: "guid is the unique identifier for an interaction."`,
  vcc_interaction_oldest_since_timestamp_seconds: `The reference says of since: "The time when the agent started work on the interaction." It does not say whether \`since\` restarts with each state.
  - The time in Ringing or Connected may include earlier states.
  - The time in Wrap depends on \`since_in_wrap\` in \`VCC_SEMANTICS\`:
    - \`restarts\`: \`interaction[].since\`.
    - not set: the later of \`interaction[].since\` and \`workload.since\`, if the agent has no workload and no other interaction. Otherwise \`interaction[].since\`.
    - \`continues\`: the same, but otherwise no time.
  - \`workload.since\` is when wrap-up began if the workload falls at that moment. If other work of the agent ended during wrap-up, it is too late.
  - \`npx vcc-exporter calibrate\` finds out how your account behaves. Put its answer into \`VCC_SEMANTICS\` to correct the time in Wrap.`,
};
