import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromJson, readFixtures, toJson } from './fixtures.ts';
import { checkCase, runTarget } from './run.ts';
import { mark, parsed, target } from './target.ts';
import { targets } from './targets.ts';

/** The same cases each time, so the current change broke what fails here for the first time. */
const seed = 19;
const cases = 200;

describe.each(targets.map((each) => [each.name, each] as const))('%s', (name, each) => {
  const fixtures = readFixtures(name);
  if (fixtures.length > 0) {
    test.each(fixtures)('holds for $path', ({ input }) => checkCase(each, input));
  }

  test('holds for inputs of a fixed seed', async () => {
    const { failure, ...run } = await runTarget(each, { cases: Math.ceil(cases * each.share), seed });
    if (failure) throw new Error(`${JSON.stringify(toJson(failure.input))}`, { cause: failure.error });
    expect(run.cases).toBe(Math.ceil(cases * each.share));
  });
});

test('a failing input becomes as small as possible', async () => {
  const broken = target('broken', fc.array(fc.integer()), (list) => {
    if (list.some((each) => each > 100)) throw new Error('too large');
  });
  expect((await runTarget(broken, { cases: 1000, seed })).failure).toMatchObject({ input: [101] });
});

test('a fixture keeps what JSON does not have', () => {
  const input = {
    bytes: new Uint8Array([0, 255]),
    list: [undefined, Number.NaN, -0, Number.NEGATIVE_INFINITY],
    text: '\ud800',
    ['__proto__']: 1,
  };
  expect(fromJson(JSON.parse(JSON.stringify(toJson(input))))).toEqual(input);
});

describe('a parser', () => {
  const failing = (message: string) => () =>
    parsed(() => {
      throw new RangeError(message);
    }, [RangeError]);

  test('may reject with its own errors, and with no others', () => {
    expect(failing('too large')()).toMatchObject({ refusal: { message: 'too large' } });
    expect(() => parsed(() => JSON.parse('{'), [RangeError])).toThrow(SyntaxError);
  });

  test('may not quote marked texts', () => {
    expect(failing(`not ${mark.toUpperCase()}`)).toThrow('contains what it must not');
  });

  test('must give the same result again', () => {
    let calls = 0;
    expect(() => parsed(() => calls++, [])).toThrow('the second result differs');
  });
});

test('a case that takes too long fails', async () => {
  const busy = target('busy', fc.constant(0), () => {
    const until = process.cpuUsage().user + 50_000;
    while (process.cpuUsage().user < until);
  });
  await expect(checkCase(busy, 0, { cpuMs: 10, growthBytes: 1e9 })).rejects.toThrow(
    /^took \d+ ms of CPU time$/,
  );
});
