import { count, toPairs, toTable } from './layout.ts';
import type { CountedWord, QueueFindings, WatchedSource } from './queue-observer.ts';
import type { Spread } from './spread.ts';

/**
 * Returns the lines about queues of a report. They contain no guid, phone number, or name of a
 * queue.
 */
export function toQueueReport(findings: QueueFindings): string[] {
  const { sources, verdicts, lastEvents, unclear, gaps } = findings;
  return [
    '',
    `Queues: ${count(sources.ongoing.readings, 'reading')} of ongoing interactions, ${count(sources['queue-times'].readings, 'reading')} of queue-times`,
    ...toFailures('ongoing', findings),
    ...toFailures('queue-times', findings),
    '',
    ...toTable(
      ['Question', 'Verdict', 'Interactions'],
      verdicts.map(({ question, outcome, answers }) => [question, outcome, toAnswers(answers)]),
    ),
    '',
    ...toPairs([
      ['Waiting', `${findings.waits} times, an interaction seemed to wait in a queue`],
      ['Start', toDifferences(findings.differences)],
      ['Lag', toLag(findings)],
      ['Queue type', toTypes(findings.words.type)],
      ['Processed', toUnfinished(findings.unfinished)],
      ['Names', toNames(findings.names)],
    ]),
    '',
    ...(lastEvents.length > 0
      ? [
          'Last events of External channels (all readings):',
          ...toTable(
            ['Event', 'Channels', 'Share'],
            lastEvents.map(({ word, count: channels }) => [
              toWord(word),
              channels,
              toShare(channels, lastEvents),
            ]),
          ),
        ]
      : ['No External channels.']),
    ...(unclear.length > 0
      ? [
          'Unclear whether they wait:',
          ...toTable(
            ['Reason', 'Interactions', 'Readings'],
            unclear.map(({ reason, interactions, readings }) => [reason, interactions, readings]),
          ),
        ]
      : ['No unclear interactions.']),
    ...toWords(findings),
    ...(gaps.length > 0
      ? [
          'Absent and invalid values of queues (highest numbers of any reading):',
          ...toTable(
            ['Field', 'Absent', 'Invalid'],
            gaps.map(({ field, absent, invalid }) => [field, absent, invalid]),
          ),
        ]
      : ['No absent or invalid values of queues.']),
  ];
}

function toFailures(source: WatchedSource, { sources }: QueueFindings): string[] {
  const { failures, message } = sources[source];
  return failures > 0 ? [`${count(failures, 'reading')} of ${source} failed, the last one: ${message}`] : [];
}

function toAnswers(answers: QueueFindings['verdicts'][number]['answers']): string {
  const given = answers.filter(({ interactions }) => interactions > 0);
  return given.map(({ answer, interactions }) => `${answer} ${interactions}`).join(', ') || '-';
}

const toSeconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

function toDifferences(spread: Spread | undefined): string {
  if (!spread) return 'unknown, since no interaction was in both';
  const { count: interactions, least, median, most } = spread;
  return `in queue-times minus while waiting: median ${toSeconds(median)}, ${toSeconds(least)} to ${toSeconds(most)} (${count(interactions, 'interaction')})`;
}

function toLag({ lags, intervalMs }: QueueFindings): string {
  if (!lags || intervalMs === undefined) return 'unknown, since nobody left a queue';
  const { count: items, median, ninetieth, most } = lags;
  return `listed ${toSeconds(median)} after the end (median), nine in ten within ${toSeconds(ninetieth)}, the last after ${toSeconds(most)} (${count(items, 'item')}; up to ${toSeconds(intervalMs)} too long)`;
}

function toTypes(types: readonly CountedWord[]): string {
  if (types.length === 0) return 'requested ACD, received nothing';
  const received = types.map(({ word, count: items }) => `${toWord(word)} ${items}`).join(', ');
  const isHonoured = types.every(({ word }) => word === 'ACD');
  return `requested ACD, received ${received}${isHonoured ? '' : '. The exporter does not count the others'}`;
}

function toUnfinished(unfinished: number): string {
  return unfinished === 0
    ? 'every item had ended, as requested'
    : `${count(unfinished, 'item')} had not ended, although only processed ones were requested`;
}

function toNames({ queues, plans, likeNumbers }: QueueFindings['names']): string {
  const like = likeNumbers === 1 ? '1 looks like a number' : `${likeNumbers} look like a number`;
  return `${count(queues, 'queue')}, ${count(plans, 'interaction plan')}; ${like} (VCC_QUEUE_NUMBERS)`;
}

function toWords({ words }: QueueFindings): string[] {
  const rows = (field: string, values: readonly CountedWord[]) =>
    values.map(({ word, count: items }) => [field, toWord(word), items]);
  const all = [
    ...rows('category', words.category),
    ...rows('reason', words.reason),
    ...rows('type', words.type),
    ...rows('party.role', words.partyRole),
  ];
  if (all.length === 0) return ['No queue times.'];
  return ['Values in queue-times:', ...toTable(['Field', 'Value', 'Items'], all)];
}

function toWord(word: string | undefined): string {
  if (word === undefined) return 'a value that is no word';
  return word === '' ? '(none)' : word;
}

function toShare(channels: number, all: readonly CountedWord[]): string {
  const total = all.reduce((sum, { count: each }) => sum + each, 0);
  return `${((100 * channels) / total).toFixed(1)} %`;
}
