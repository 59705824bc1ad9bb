import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../fixtures/fuzz/', import.meta.url));

/** An input that failed once. */
export interface Fixture {
  /** From the root of the project. */
  path: string;
  input: unknown;
}

/** Returns the inputs of a target that failed once. */
export function readFixtures(target: string): Fixture[] {
  let files: string[];
  try {
    files = readdirSync(`${root}${target}`).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return [];
  }
  return files.map((file) => {
    const { input } = JSON.parse(readFileSync(`${root}${target}/${file}`, 'utf8'));
    return { path: pathOf(target, file), input: fromJson(input) };
  });
}

/** Writes an input that failed, and how. Returns the path from the root of the project. */
export function writeFixture(target: string, input: unknown, failure: string): string {
  const written = toJson(input);
  const file = `${createHash('sha256').update(JSON.stringify(written)).digest('hex').slice(0, 10)}.json`;
  mkdirSync(`${root}${target}`, { recursive: true });
  const text = JSON.stringify(
    { failure: failure.split('\n')[0]?.slice(0, 300), input: written },
    undefined,
    1,
  );
  writeFileSync(`${root}${target}/${file}`, `${text}\n`);
  return pathOf(target, file);
}

const pathOf = (target: string, file: string) => `test/fixtures/fuzz/${target}/${file}`;

const odd: Readonly<Record<string, unknown>> = {
  undefined,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  '-0': -0,
};

/**
 * Converts an input to what JSON can hold: bytes, undefined and odd numbers become `{ "$odd": … }`.
 */
export function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $odd: 'bytes', base64: Buffer.from(value).toString('base64') };
  const name = Object.keys(odd).find((each) => Object.is(odd[each], value));
  if (name !== undefined) return { $odd: name };
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(toJson);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, toJson(each)]));
}

/** Undoes {@link toJson}. */
export function fromJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(fromJson);
  const { $odd, base64 } = value as Record<string, unknown>;
  if ($odd === 'bytes') return new Uint8Array(Buffer.from(String(base64), 'base64'));
  if (typeof $odd === 'string') return odd[$odd];
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fromJson(each)]));
}
