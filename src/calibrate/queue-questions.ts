import type { Question } from '../snapshot/semantics.ts';

/**
 * Questions about the rule for who waits. They compare the two endpoints for queues. Unlike other
 * questions, no setting has their answers.
 */
export const queueQuestions = {
  waiting_agrees: {
    asks: 'Is an interaction that seemed to wait in queue-times too?',
    answers: {
      agrees: { means: 'Yes, with the same queue and start. It did not seem to wait after its end.' },
      waited_longer: { means: 'Yes, but it seemed to wait after its end.' },
      other_start: { means: 'Yes, with the same queue but another start.' },
      other_queue: { means: 'Yes, but in other queues only.' },
      other_guid: { means: 'No. An interaction with another guid has the same queue and start.' },
      missing: { means: 'No. It was still absent two minutes after it seemed to wait.' },
    },
  },
  waiting_seen: {
    asks: 'Did an interaction of queue-times seem to wait while it was in the queue?',
    answers: {
      seen: { means: 'Yes, in at least one reading.' },
      unseen: { means: 'No, although readings fell into its time in the queue.' },
    },
  },
} as const satisfies Record<string, Question>;

/** The id of a question about queues. */
export type QueueQuestion = keyof typeof queueQuestions;

/** The id of an answer to a question about queues. */
export type QueueAnswer<Q extends QueueQuestion> = keyof (typeof queueQuestions)[Q]['answers'];
