import { isIdle } from '../snapshot/activity.ts';
import type { Agent, Interaction } from '../snapshot/agent.ts';
import { answersTo, type QuestionId, workloadQuestion } from '../snapshot/semantics.ts';
import { isWord } from './words.ts';

/** Evidence about a question: an agent's change between two readings. */
export interface Evidence {
  question: QuestionId;
  /** Undefined when the change concerns the question, but has more than one explanation. */
  answer: string | undefined;
}

/** Returns the evidence in an agent's change between two readings. */
export function evidenceOf(before: Agent, after: Agent): Evidence[] {
  const found: Evidence[] = [];
  for (const leg of after.interactions ?? []) {
    const was = onlyLeg(before, leg.guid);
    if (was === undefined || onlyLeg(after, leg.guid) === undefined) continue;
    if (was.state === 'Ringing' && leg.state === 'Connected') {
      found.push(...ofSince('since_in_connected', was, leg));
    }
    if (was.state === 'Connected' && leg.state === 'Wrap') {
      found.push(...ofSince('since_in_wrap', was, leg), ...ofWorkload(before, after, leg.medium));
    }
  }
  return [...found, ...ofEligibility(before, after)];
}

/** Returns the agent's leg of an interaction. Undefined if there is none, or more than one. */
function onlyLeg({ interactions = [] }: Agent, guid: string): Interaction | undefined {
  const legs = guid === '' ? [] : interactions.filter((leg) => leg.guid === guid);
  return legs.length === 1 ? legs[0] : undefined;
}

/**
 * The least increase of `since` that counts as a restart. The API may have computed the same time
 * again, with a small difference.
 */
const leastRestartMs = 1000;

function ofSince(question: QuestionId, was: Interaction, is: Interaction): Evidence[] {
  if (was.sinceMs === undefined || is.sinceMs === undefined) return [];
  const laterMs = is.sinceMs - was.sinceMs;
  const answer = laterMs === 0 ? 'continues' : laterMs >= leastRestartMs ? 'restarts' : undefined;
  return [{ question, answer }];
}

/** Only evidence if nothing else counts as workload: no other interaction, and no unlisted work. */
function ofWorkload(before: Agent, after: Agent, medium: string): Evidence[] {
  const question = workloadQuestion(medium);
  // VCC_SEMANTICS has no question for a medium without Latin letters.
  if (!isWord(medium) || answersTo(question) === undefined) return [];
  const alone = before.interactions?.length === 1 && after.interactions?.length === 1;
  const left = alone && workloadOf(before) === 1 ? workloadOf(after) : undefined;
  const answer = left === 0 ? 'when_wrap_begins' : left === 1 ? 'when_wrap_ends' : undefined;
  return [{ question, answer }];
}

function workloadOf({ live, semiLive, nonLive }: Agent): number | undefined {
  if (live === undefined || semiLive === undefined || nonLive === undefined) return undefined;
  return live + semiLive + nonLive;
}

/** Only evidence if the presence is the same: a change could also explain the eligibility. */
function ofEligibility(before: Agent, after: Agent): Evidence[] {
  const samePresence =
    before.presence === 'Ready' &&
    after.presence === 'Ready' &&
    before.presenceSinceMs !== undefined &&
    before.presenceSinceMs === after.presenceSinceMs &&
    before.description === after.description;
  const wasFree = isIdle(before) && before.eligibleForRouting === true;
  if (!samePresence || !wasFree || !after.live || after.eligibleForRouting === undefined) return [];
  const answer = after.eligibleForRouting ? 'follows_presence' : 'follows_workload';
  return [{ question: 'eligible_for_routing', answer }];
}
