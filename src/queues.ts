// All that is loaded only when an account has queues: the entry of a separate bundle.
export { queueMetrics } from './catalogue/queues.ts';
export { createQueues } from './queue-reader.ts';
export { queuesOnPage } from './serve/landing-queues.ts';
