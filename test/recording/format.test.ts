import { expect, test } from '@jest/globals';
import { encodeRecording, parseRecording, type Recording } from '../../src/recording/format.ts';

const recording: Recording = {
  readings: [
    {
      afterMs: 0,
      answers: [
        { page: 1, limit: 5000, result: { status: 200, headers: { 'x-ratelimit-limit': '9' }, json: null } },
        // Node's parser takes any status of three digits.
        { page: 2, result: { status: 999, headers: {}, notJson: { characters: 12 } } },
      ],
    },
    { afterMs: 10_000, answers: [{ page: 1, result: { failure: 'network' } }] },
  ],
};
const text = encodeRecording(recording, '1.2.3');

test('a recording is read as it was written', () => {
  expect(parseRecording(text, 'a.json')).toEqual(recording);
  expect(JSON.parse(text)).toMatchObject({ format: 'vcc-exporter recording', version: 1, exporter: '1.2.3' });
});

/** The text of a recording that somebody changed. */
// biome-ignore lint/suspicious/noExplicitAny: the tests below break it wherever they like
function changed(change: (file: any) => void): string {
  const file = JSON.parse(text);
  change(file);
  return JSON.stringify(file);
}
const result = (more: object) =>
  changed(({ readings }) => {
    Object.assign(readings[0].answers[0].result, more);
  });
const misfit = 'another form of answer 1 of reading 1';

test.each<[received: string, file: string]>([
  ['text that is not JSON', 'Alice'],
  ['JSON that is not a recording', 'null'],
  ['JSON that is not a recording', '[]'],
  ['JSON that is not a recording', '{"format":"Alice"}'],
  [
    'a recording of another version; this exporter reads version 1',
    changed((file) => Object.assign(file, { version: 2 })),
  ],
  ['no list of 1 to 100 readings', changed((file) => Object.assign(file, { readings: [] }))],
  ['no list of 1 to 100 readings', changed((file) => Object.assign(file, { readings: Array(101).fill({}) }))],
  [
    'no list of answers of reading 1',
    changed((file) => Object.assign(file, { readings: [{ answers: {} }] })),
  ],
  ['another afterMs of reading 2', changed(({ readings }) => readings.reverse())],
  ['another afterMs of reading 1', changed(({ readings }) => delete readings[0].afterMs)],
  [
    'more than 100000 answers',
    changed(({ readings }) => Object.assign(readings[0], { answers: Array(100_001) })),
  ],
  [
    'more than 60 levels of arrays and objects',
    result({ json: JSON.parse('['.repeat(60) + ']'.repeat(60)) }),
  ],
  [misfit, changed(({ readings }) => readings[0].answers.unshift(null))],
  [misfit, changed(({ readings }) => Object.assign(readings[0].answers[0], { page: '1' }))],
  [misfit, changed(({ readings }) => Object.assign(readings[0].answers[0], { limit: 0 }))],
  [misfit, changed(({ readings }) => Object.assign(readings[0].answers[0], { result: 1 }))],
  [misfit, result({ status: 101 })],
  [misfit, result({ headers: [] })],
  [misfit, result({ headers: { 'transfer-encoding': 'chunked' } })],
  [misfit, result({ headers: { 'content-length': '1' } })],
  [misfit, result({ headers: { [`${'rate-'.repeat(100_000)}!`]: '1' } })],
  [misfit, result({ headers: { date: 'a\r\nset-cookie: b' } })],
  [misfit, result({ headers: { date: 1 } })],
  [misfit, changed(({ readings }) => delete readings[0].answers[0].result.json)],
  [
    misfit,
    changed(({ readings }) => {
      readings[0].answers[0].result = { status: 200, headers: {}, notJson: { characters: -1 } };
    }),
  ],
])('%s is no recording', (received, file) => {
  expect(() => parseRecording(file, 'a.json')).toThrow(
    `a.json: expected a file written by vcc-exporter record; received ${received}`,
  );
});

test('a file of any depth is read without exhausting the stack', () => {
  const file = `{"format":"vcc-exporter recording","version":1,"readings":${'['.repeat(1e6)}${']'.repeat(1e6)}}`;
  expect(() => parseRecording(file, 'a.json')).toThrow('more than 60 levels');
});
