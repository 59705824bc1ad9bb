import { isIdle } from '../snapshot/activity.ts';
import type { Agent, Interaction } from '../snapshot/agent.ts';
import { answersTo, type QuestionId, workloadQuestion } from '../snapshot/semantics.ts';
import { isWord } from './words.ts';

/** What the change of one agent between two readings says about a question. */
export interface Evidence {
  question: QuestionId;
  /** Undefined when the question came up, but the change has a second explanation. */
  answer: string | undefined;
}

/** Returns what an agent's change between two readings says. */
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

/** Returns the agent's leg of an interaction, unless there are several. */
function onlyLeg({ interactions = [] }: Agent, guid: string): Interaction | undefined {
  const legs = guid === '' ? [] : interactions.filter((leg) => leg.guid === guid);
  return legs.length === 1 ? legs[0] : undefined;
}

/** A time that goes back, or on by less, may be the same one that the API worked out anew. */
const leastRestartMs = 1000;

function ofSince(question: QuestionId, was: Interaction, is: Interaction): Evidence[] {
  if (was.sinceMs === undefined || is.sinceMs === undefined) return [];
  const laterMs = is.sinceMs - was.sinceMs;
  const answer = laterMs === 0 ? 'continues' : laterMs >= leastRestartMs ? 'restarts' : undefined;
  return [{ question, answer }];
}

/** Another interaction, or work that is not listed, might be what the workload counts. */
function ofWorkload(before: Agent, after: Agent, medium: string): Evidence[] {
  const question = workloadQuestion(medium);
  // Of a medium without Latin letters there is no question that VCC_SEMANTICS could answer.
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

/** A change of presence might be why somebody is no longer eligible. */
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
