import { gzipSync } from 'node:zlib';
import type { Format } from '../exposition/format.ts';
import { toFamilies } from '../scrape.ts';
import type { Reading } from '../snapshot/reading.ts';

/** The body of an answer to a scrape. It is shared, so nobody may change it. */
export interface Exposition {
  body: Buffer;
  /** Whether the body is compressed. Short bodies are not. */
  packed: boolean;
}

/** Makes expositions of readings. */
export interface Expositions {
  /** Returns the readings in a format, with gzip if the client accepts it and it saves bytes. */
  get(readings: readonly Reading[], format: Format, gzip: boolean): Promise<Exposition>;
  /** How long the last encoding took, in ms. */
  lastMs(): number;
}

/** The expositions of one list of readings, by format and compression. */
interface Made {
  readings: readonly Reading[];
  expositions: Map<string, Promise<Exposition>>;
}

/** Below about one packet, gzip saves nothing. */
const minGzipBytes = 1000;
/**
 * About a tenth more bytes than the default level, in a third of the time. In this thread, since a
 * switch to another thread costs time too.
 */
const gzipLevel = 3;

/**
 * Creates the expositions of an exporter with this number of accounts. Scrapes that share readings
 * also share the bytes: each exposition is made once, and kept as long as its first reading.
 * Otherwise many concurrent scrapes of a large account need gigabytes (docs/explain/benchmarks.md).
 */
export function createExpositions(accounts: number): Expositions {
  // By the first reading and the number of readings, since scrapes read one account or all.
  const made = new WeakMap<Reading, Map<number, Made>>();
  let lastMs = 0;

  function madeOf(readings: readonly Reading[]): Made {
    const first = readings[0]!;
    const byNumber = made.get(first) ?? new Map<number, Made>();
    made.set(first, byNumber);
    const known = byNumber.get(readings.length);
    if (known?.readings.every((reading, index) => reading === readings[index])) return known;
    const next: Made = { readings, expositions: new Map() };
    byNumber.set(readings.length, next);
    return next;
  }

  async function make(readings: readonly Reading[], format: Format, gzip: boolean): Promise<Exposition> {
    const startedMs = performance.now();
    const text = format.encode(await toFamilies(readings, accounts));
    const packed = gzip && text.length >= minGzipBytes;
    const body = packed ? gzipSync(text, { level: gzipLevel }) : text;
    lastMs = performance.now() - startedMs;
    return { body, packed };
  }

  return {
    get(readings, format, gzip) {
      const { expositions } = madeOf(readings);
      const key = `${format.name} ${gzip}`;
      const exposition = expositions.get(key) ?? make(readings, format, gzip);
      expositions.set(key, exposition);
      return exposition;
    },
    lastMs: () => lastMs,
  };
}
