import { questionNames } from '../snapshot/semantics.ts';

/** The verdict about a question, with the numbers of observations. */
export interface Verdict {
  question: string;
  /** Undefined without a clear answer. */
  answer: string | undefined;
  /** The answer, or the reason why there is none. */
  outcome: string;
  /** The number of observations for the most frequent answer. */
  for: number;
  /** The number of all other observations. */
  against: number;
  /** The number of different agents behind `for`. */
  agents: number;
}

/** The least number of agents for a verdict. Fewer agents may all be exceptions. */
const leastAgents = 3;
/**
 * The least ratio of `for` to `against` for a verdict. An agent may change twice between two
 * readings, which looks like the opposite answer.
 */
const leastRatio = 10;
/** Most questions to count. Each medium has one, and the API may have any number of media. */
const maxQuestions = 30;

/** Counts observations by question and answer. Keeps ids of agents only to count agents. */
export class Tally {
  readonly #questions = new Map<string, Map<string, { observations: number; agents: Set<string> }>>();
  #observations = 0;

  /** Adds an observation. Without an answer, adds only the question, so that it gets a verdict. */
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

  /** The number of observations so far. */
  get observations(): number {
    return this.#observations;
  }

  /**
   * Returns a verdict for each question, in the order of {@link questionNames}. Questions about
   * media are in alphabetical order.
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
    const answers = [...(this.#questions.get(question) ?? [])];
    return toVerdict(
      question,
      answers.map(([answer, { observations, agents }]) => ({ answer, observations, agents: agents.size })),
    );
  }
}

/** Returns the verdict about a question. `agents` are the different agents behind an answer. */
export function toVerdict(
  question: string,
  answers: readonly { answer: string; observations: number; agents: number }[],
): Verdict {
  const [first, ...others] = answers.toSorted((a, b) => b.observations - a.observations);
  const { answer, observations, agents } = first ?? { answer: '', observations: 0, agents: 0 };
  const against = others.reduce((sum, each) => sum + each.observations, 0);
  const counts = { question, for: observations, against, agents };
  if (agents < leastAgents) return { ...counts, answer: undefined, outcome: 'not seen enough' };
  if (observations < leastRatio * against) return { ...counts, answer: undefined, outcome: 'mixed' };
  return { ...counts, answer, outcome: answer };
}
