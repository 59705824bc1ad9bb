import { questionNames } from '../snapshot/semantics.ts';

/** What was observed about a question, and what follows. */
export interface Verdict {
  question: string;
  /** Undefined when it is not clear. */
  answer: string | undefined;
  /** The answer, or why there is none. */
  outcome: string;
  /** Observations for the answer that has the most. */
  for: number;
  /** All other observations. */
  against: number;
  /** Different agents with observations for it. */
  agents: number;
}

/** Fewer agents may all be of one kind, or one of them odd. */
const leastAgents = 3;
/** An agent may change twice between two readings, and then looks like the contrary. */
const leastRatio = 10;
/** Most questions: media are an open set. */
const maxQuestions = 30;

/** Counts observations by question and answer. It keeps ids of agents only to count them. */
export class Tally {
  readonly #questions = new Map<string, Map<string, { observations: number; agents: Set<string> }>>();
  #observations = 0;

  /** Adds an observation, or without an answer only the question, so that it gets a verdict. */
  add(question: string, answer: string | undefined, agentId: string): void {
    const answers = this.#questions.get(question) ?? new Map();
    if (!this.#questions.has(question)) {
      if (this.#questions.size >= maxQuestions) return;
      this.#questions.set(question, answers);
    }
    if (answer === undefined) return;
    const count = answers.get(answer) ?? { observations: 0, agents: new Set() };
    answers.set(answer, count);
    count.observations++;
    count.agents.add(agentId);
    this.#observations++;
  }

  /** All observations so far. */
  get observations(): number {
    return this.#observations;
  }

  /**
   * Returns a verdict for each question, in the order of the table; of media in alphabetical order.
   */
  verdicts(): Verdict[] {
    return questionNames.flatMap((name) => {
      const prefix = name.replace('<medium>', '');
      if (prefix === name) return [this.#verdict(name)];
      const asked = [...this.#questions.keys()].filter((id) => id.startsWith(prefix)).sort();
      return (asked.length > 0 ? asked : [name]).map((id) => this.#verdict(id));
    });
  }

  #verdict(question: string): Verdict {
    const answers = [...(this.#questions.get(question) ?? [])].sort(
      ([, a], [, b]) => b.observations - a.observations,
    );
    const [answer, { observations, agents }] = answers[0] ?? ['', { observations: 0, agents: new Set() }];
    const against = answers.slice(1).reduce((sum, [, each]) => sum + each.observations, 0);
    const counts = { question, for: observations, against, agents: agents.size };
    if (agents.size < leastAgents) return { ...counts, answer: undefined, outcome: 'not seen enough' };
    if (observations < leastRatio * against) return { ...counts, answer: undefined, outcome: 'mixed' };
    return { ...counts, answer, outcome: answer };
  }
}
