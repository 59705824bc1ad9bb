/** A question that the API reference leaves open, with its possible answers. */
export interface Question {
  /** The question, in one sentence. */
  asks: string;
  /** The answers, each with its meaning in one sentence. */
  answers: Readonly<Record<string, { means: string }>>;
  /** Whether each medium has its own answer, as in `workload_falls_phone`. */
  byMedium?: true;
}

/**
 * The questions that the API reference leaves open. They are the source of VCC_SEMANTICS, of
 * `simulate --semantics`, of `calibrate`, and of the docs of these.
 */
export const questions = {
  since_in_connected: {
    asks: 'Does `since` of an interaction restart when Ringing becomes Connected?',
    answers: {
      restarts: {
        means: 'While Connected, `since` is when the interaction was connected.',
      },
      continues: {
        means: 'While Connected, `since` is when the interaction began to ring.',
      },
    },
  },
  since_in_wrap: {
    asks: 'Does `since` of an interaction restart when Connected becomes Wrap?',
    answers: {
      restarts: {
        means: 'In Wrap, `since` is when wrap-up began.',
      },
      continues: {
        means: 'In Wrap, `since` is still what it was while Connected.',
      },
    },
  },
  workload_falls: {
    asks: 'When does the workload of an interaction of this medium fall?',
    byMedium: true,
    answers: {
      when_wrap_begins: {
        means: 'An agent in wrap-up has no workload.',
      },
      when_wrap_ends: {
        means: 'An agent in wrap-up still has workload.',
      },
    },
  },
  eligible_for_routing: {
    asks: 'Does an agent stay eligible for routing while on a call?',
    answers: {
      follows_presence: {
        means: 'Yes. `eligibleForRouting` depends on the presence alone.',
      },
      follows_workload: {
        means: 'No. `eligibleForRouting` is false while the agent is on a call.',
      },
    },
  },
} as const satisfies Record<string, Question>;

type Table = typeof questions;
type ByMedium = 'workload_falls';
type AnswerTo<Q extends keyof Table> = keyof Table[Q]['answers'];

/** The id of a question: a key of the table. Questions by medium have the medium at the end. */
export type QuestionId = Exclude<keyof Table, ByMedium> | `${ByMedium}_${string}`;

/** Answers by question. A question without an answer is open. */
export type Semantics = Readonly<
  { [Q in Exclude<keyof Table, ByMedium>]?: AnswerTo<Q> } & {
    [id: `${ByMedium}_${string}`]: AnswerTo<ByMedium>;
  }
>;

/** The ids of all questions, for messages and docs. */
export const questionNames: readonly string[] = Object.entries<Question>(questions).map(
  ([name, { byMedium }]) => (byMedium ? `${name}_<medium>` : name),
);

/** Returns lines for the help: each question, and its answers with their meanings. */
export function describeQuestions(): string[] {
  return Object.values<Question>(questions).flatMap(({ asks, answers }, index) => [
    `${questionNames[index]}: ${asks.replaceAll('`', '')}`,
    ...Object.entries(answers).map(([answer, { means }]) => `  ${answer}: ${means.replaceAll('`', '')}`),
  ]);
}

/** Returns the possible answers to a question. Undefined for an unknown id. */
export function answersTo(id: string): readonly string[] | undefined {
  const name = /^workload_falls_[a-z0-9_]+$/.test(id) ? 'workload_falls' : id;
  const question = Object.hasOwn(questions, name) ? (questions[name as keyof Table] as Question) : undefined;
  return question === undefined || (question.byMedium && name === id)
    ? undefined
    : Object.keys(question.answers);
}

/**
 * Returns the question about the workload of a medium, as in `workload_falls_phone_callback` of
 * `Phone Callback`.
 */
export function workloadQuestion(medium: string): `workload_falls_${string}` {
  const word = medium
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
  return `workload_falls_${word}`;
}

/** A question and its answer, `unknown` if it is open. */
export interface AnsweredQuestion {
  question: string;
  answer: string;
}

/**
 * Returns every question of the table with its answer. Questions by medium are included for the
 * media that have an answer.
 */
export function toAnsweredQuestions(semantics: Semantics = {}): AnsweredQuestion[] {
  const given: Readonly<Record<string, string>> = semantics;
  return Object.entries<Question>(questions).flatMap(([name, { byMedium }]) =>
    byMedium
      ? Object.keys(given)
          .filter((id) => id.startsWith(`${name}_`))
          .sort()
          .map((question) => ({ question, answer: given[question]! }))
      : [{ question: name, answer: given[name] ?? 'unknown' }],
  );
}
