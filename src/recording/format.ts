import { DocumentError } from '../documents/errors.ts';

/**
 * The answers for an account, without anything that may identify a person. `record` writes the
 * file, and `simulate` serves it.
 */
export interface Recording {
  /** In the order of time. At least one. */
  readings: RecordedReading[];
}

/**
 * All answers of one reading of the account, in the order of pages. Answers for the same page are
 * in the order of time.
 */
export interface RecordedReading {
  /** Milliseconds from the first reading to this one. */
  afterMs: number;
  answers: RecordedAnswer[];
}

/** The result of one request for a page. */
export interface RecordedAnswer {
  page: number;
  /** The requested limit. Undefined if the request had none. */
  limit?: number | undefined;
  result: RecordedResult;
}

/**
 * An answer in JSON, the length of any other answer, or an error code without a complete answer.
 */
export type RecordedResult =
  | { status: number; headers: Record<string, string>; json: unknown }
  | { status: number; headers: Record<string, string>; notJson: { characters: number } }
  | { failure: string };

const name = 'vcc-exporter recording';
const version = 1;
const expected = 'a file written by vcc-exporter record';

/** Largest file to read, in bytes. */
export const maxRecordingBytes = 256_000_000;
/** Most levels of arrays and objects in a file. */
const deepest = 60;
const maxReadings = 100;
const maxAnswers = 100_000;

/** Longest name of a header to write and to read. */
export const longestHeaderName = 100;

const about =
  'Answers of the VCC API to GET /stats/agent-status, for a bug report. Replaced: ids, guids, descriptions, all texts and field names that are not in the API reference, and all numbers except counts and status codes. Equal values have equal replacements. Agents are in the order of their ids. All times are moved by the same secret duration.';

/** Returns a recording as the text of a file. `exporter` is the version of this exporter. */
export function encodeRecording({ readings }: Recording, exporter: string): string {
  return `${JSON.stringify({ format: name, version, exporter, about, readings }, undefined, 1)}\n`;
}

/**
 * Parses the text of a file. The file is not trusted, so all numbers and headers are validated.
 * @throws DocumentError that names `where` and does not quote the text
 */
export function parseRecording(text: string, where: string): Recording {
  const misfit = (received: string): never => {
    throw new DocumentError(`${where}: expected ${expected}; received ${received}`);
  };
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return misfit('text that is not JSON');
  }
  if (!isFields(root) || root.format !== name) return misfit('JSON that is not a recording');
  if (root.version !== version)
    return misfit(`a recording of another version; this exporter reads version ${version}`);
  if (isDeeperThan(root, deepest)) return misfit(`more than ${deepest} levels of arrays and objects`);
  const { readings } = root;
  const listed = Array.isArray(readings) && readings.length >= 1 && readings.length <= maxReadings;
  if (!listed) return misfit(`no list of 1 to ${maxReadings} readings`);
  let previousMs = 0;
  let answers = 0;
  return {
    readings: readings.map((reading: unknown, index) => {
      const of = `of reading ${index + 1}`;
      if (!isFields(reading) || !Array.isArray(reading.answers)) return misfit(`no list of answers ${of}`);
      const { afterMs } = reading;
      if (!isWhole(afterMs, previousMs, maxMs)) return misfit(`another afterMs ${of}`);
      previousMs = afterMs;
      answers += reading.answers.length;
      if (answers > maxAnswers) return misfit(`more than ${maxAnswers} answers`);
      return {
        afterMs,
        answers: reading.answers.map(
          (answer, at) => toAnswer(answer) ?? misfit(`another form of answer ${at + 1} ${of}`),
        ),
      };
    }),
  };
}

type Fields = Record<string, unknown>;

/** The largest `afterMs`: a month. */
const maxMs = 31 * 86_400_000;
const maxCharacters = 1e12;

function toAnswer(value: unknown): RecordedAnswer | undefined {
  if (!isFields(value) || !isFields(value.result)) return undefined;
  const { page, limit, result } = value;
  if (!isWhole(page, 1, 1e9) || (limit !== undefined && !isWhole(limit, 1, 1e9))) return undefined;
  if (typeof result.failure === 'string') return { page, limit, result: { failure: result.failure } };
  const { status, headers, notJson } = result;
  if (!isWhole(status, 200, 999) || !isFields(headers)) return undefined;
  const checked: Record<string, string> = {};
  for (const [header, text] of Object.entries(headers)) {
    if (!isHeader(header) || typeof text !== 'string' || !/^[ -~]{0,500}$/.test(text)) return undefined;
    checked[header] = text;
  }
  if (Object.hasOwn(result, 'json'))
    return { page, limit, result: { status, headers: checked, json: result.json } };
  if (!isFields(notJson) || !isWhole(notJson.characters, 0, maxCharacters)) return undefined;
  return { page, limit, result: { status, headers: checked, notJson: { characters: notJson.characters } } };
}

/** Whether a header may be served. Headers about the transfer of a message must not. */
const isHeader = (header: string) =>
  ['content-type', 'cache-control', 'date', 'retry-after'].includes(header) ||
  // The pattern would be slow for longer names.
  (header.length <= longestHeaderName && /^([a-z]+-)*(rate|ratelimit|limits?|quota)(-[a-z]+)*$/.test(header));

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isWhole = (value: unknown, min: number, max: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeperThan(each, levels - 1));
}
