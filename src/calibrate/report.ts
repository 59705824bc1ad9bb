import type { Semantics } from '../snapshot/semantics.ts';
import { count, toPairs, toTable } from './layout.ts';
import type { Findings, Paging } from './observer.ts';
import type { QueueFindings } from './queue-observer.ts';
import { toQueueReport } from './queue-report.ts';

/** How a watch ended. */
export type Ending =
  | { by: 'time' | 'stopped' | 'requests' }
  /** `message` is the message of the failure. */
  | { by: 'throttled' | 'failures'; message: string };

/** The result of watching an account. */
export interface Watch {
  findings: Findings;
  /** Undefined without VCC_QUEUES. */
  queues: QueueFindings | undefined;
  ending: Ending;
  requests: number;
  elapsedMs: number;
  /** Undefined when no answer had a `Date` header. */
  clockSkewMs: number | undefined;
  /** Whether the built-in simulator answered. */
  simulated: boolean;
}

/** Whether the other family of hosts answers too. */
export type OtherHosts =
  | { family: string; agents: number }
  | { family: string; message: string }
  | { untried: string };

/** The contents of a report about an account. */
export interface Report {
  account: string;
  watch: Watch;
  hosts: OtherHosts;
  /** The answers that are set now, in VCC_SEMANTICS. */
  semantics: Semantics | undefined;
  /** VCC_MAX_FLAWED_AGENTS. */
  maxFlawedPercent: number;
}

/**
 * Returns the lines of a report. They contain no id, guid, description, phone number, or name of a
 * person or a queue.
 */
export function toReport({ account, watch, hosts, semantics = {}, maxFlawedPercent }: Report): string[] {
  const { findings, queues, ending, requests, elapsedMs, clockSkewMs, simulated } = watch;
  const set: Readonly<Record<string, string>> = semantics;
  return [
    `${account}: ${count(findings.readings, 'reading')} of ${count(findings.agents, 'agent')} in ${toMinutes(elapsedMs)}, ${count(requests, 'request')}`,
    ...(simulated ? ['The built-in simulator answered, so this says nothing about Vonage.'] : []),
    ...toEnding(ending),
    '',
    ...toTable(
      ['Question', 'Verdict', 'For', 'Against', 'Agents', 'Set now'],
      findings.verdicts.map((verdict) => [
        verdict.question,
        verdict.outcome,
        verdict.for,
        verdict.against,
        verdict.agents,
        set[verdict.question] ?? '-',
      ]),
    ),
    '',
    ...toPairs([
      ['Pages', toPaging(findings.paging)],
      ['Order', toOrder(findings)],
      ['Newest since', toNewest(findings.newestSinceMs)],
      ['Limit headers', toLimits(findings)],
      ['Other hosts', toHosts(hosts)],
      ['Clock', toClock(clockSkewMs)],
    ]),
    '',
    ...toWords(findings),
    ...toGaps(findings, maxFlawedPercent),
    ...(queues ? toQueueReport(queues) : []),
  ];
}

const toMinutes = (ms: number) => `${(ms / 60_000).toFixed(1)} min`;
const toSeconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;

function toEnding(ending: Ending): string[] {
  if ('message' in ending) {
    const when = ending.by === 'throttled' ? 'at the first 429' : 'after three failures in a row';
    return [`It ended early, ${when}: ${ending.message}`];
  }
  if (ending.by === 'time') return [];
  if (ending.by === 'stopped') return ['It was stopped early. These are the results until then.'];
  return ['It ended early: too few requests were left for another reading (--requests).'];
}

function toPaging({ asked, refused, pages, largest }: Paging): string {
  const given = asked === undefined ? 'no limit' : `a limit of ${asked}`;
  const pagesGiven =
    pages > 1
      ? `${pages} pages of at most ${largest}`
      : `one page of ${largest}, so the API's own limit is unknown`;
  const refusals = refused.length > 0 ? `; refused: ${refused.join(', ')}` : '';
  return `requested ${given}, received ${pagesGiven}${refusals}`;
}

function toOrder({ order, readings }: Findings): string {
  if (order.asText === readings) return 'by agentId, in all readings';
  if (order.asNumber === readings) return 'by agentId as a number, in all readings';
  return `not by agentId, in ${readings - Math.max(order.asText, order.asNumber)} of ${count(readings, 'reading')}`;
}

function toNewest(ms: number | undefined): string {
  if (ms === undefined) return 'unknown, since no answer had a `since`';
  return ms < 0 ? `up to ${toSeconds(-ms)} later than upTo` : `${toSeconds(ms)} before upTo; none was later`;
}

function toLimits({ limitHeaders }: Findings): string {
  if (limitHeaders.length === 0) return 'none';
  return limitHeaders
    .map(({ name = 'a name that is no word', values }) => {
      if (values === undefined) return `${name} (value not shown)`;
      const { least, most } = values;
      return `${name} ${least === most ? least : `${least} to ${most}`}`;
    })
    .join(', ');
}

function toHosts(hosts: OtherHosts): string {
  if ('untried' in hosts) return `not tried, since ${hosts.untried}`;
  if ('agents' in hosts) return `${hosts.family}: answers too, with ${count(hosts.agents, 'agent')}`;
  return `${hosts.family}: ${hosts.message}`;
}

function toClock(ms: number | undefined): string {
  if (ms === undefined) return 'unknown, since no answer had a date';
  return `${toSeconds(Math.abs(ms))} ${ms < 0 ? 'behind' : 'ahead of'} this machine's, accurate to about 0.5 s`;
}

function toWords({ words }: Findings): string[] {
  if (words.length === 0) return ['No unknown words.'];
  return [
    'Unknown words:',
    ...toTable(
      ['Field', 'Word', 'Readings'],
      words.map(({ field, word = 'a value that is no word', readings }) => [field, word, readings]),
    ),
  ];
}

function toGaps({ gaps, flawed, agents }: Findings, maxFlawedPercent: number): string[] {
  if (gaps.length === 0) return ['No absent or invalid values.'];
  const most = Math.max(maxFlawedPercent === 0 ? 0 : 1, Math.floor((agents * maxFlawedPercent) / 100));
  return [
    'Absent and invalid values (highest numbers of any reading):',
    ...toTable(
      ['Field', 'Absent', 'Invalid'],
      gaps.map(({ field, absent, invalid }) => [field, absent, invalid]),
    ),
    ...(flawed > most
      ? [
          `${flawed} of ${count(agents, 'agent')} are flawed. With VCC_MAX_FLAWED_AGENTS=${maxFlawedPercent}, scrapes of this account fail.`,
        ]
      : []),
  ];
}
