import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { allMetrics } from '../../src/catalogue/all.ts';
import type { Fault } from '../../src/simulator/faults.ts';
import type { Simulator } from '../../src/simulator/server.ts';
import { awkwardName, richItems, secrets, startFrozen } from './support/account.ts';
import { type Exporter, scrapeOnce, settingsFor, startExporter } from './support/exporter.ts';
import { describeWith } from './support/parts.ts';
import { run } from './support/process.ts';

const roster = { VCC_ROSTER: 'roster.csv', VCC_AGENT_LOGGED_OUT: 'include' };
const key = { VCC_AGENT_KEY: 'e2e-key-of-pseudonyms-of-32-bytes' };
const accounts: Record<string, { faults: Fault[]; up: 0 | 1; settings?: Record<string, string> }> = {
  'a rich account': { faults: [], up: 1 },
  'an account with unknown values': { faults: [{ kind: 'unknown' }], up: 1 },
  'an account whose API is down': { faults: [{ kind: 'status', value: 503 }], up: 0 },
  'an account with teams and single agents': {
    faults: [],
    up: 1,
    settings: { ...roster, VCC_AGENT_METRICS: 'ids', VCC_ROSTER_LABELS: 'team,site,name' },
  },
  'an account with single agents under pseudonyms': {
    faults: [],
    up: 1,
    settings: { ...roster, ...key, VCC_AGENT_METRICS: 'hashed' },
  },
};
const names = Object.keys(accounts);
const ways = ['scrape', 'served'] as const;
const formats = ['text', 'openmetrics'] as const;
const accept = {
  text: 'text/plain; version=0.0.4',
  openmetrics: 'application/openmetrics-text; version=1.0.0',
};

/** Metrics about the scrape itself differ between two scrapes of the same floor. */
const ofTheScrape = new Set([
  'vcc_scrape_duration_seconds',
  'vcc_api_clock_skew_seconds',
  'vcc_roster_timestamp_seconds',
]);

const expositions = new Map<string, string>();
const fileOf = (name: string, way: string, format: string) =>
  `${names.indexOf(name)}-${way}.${format === 'openmetrics' ? 'om' : 'txt'}`;
const exposition = (name: string, way: string, format: string) =>
  expositions.get(fileOf(name, way, format)) ?? '';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vcc-e2e-'));
  for (const name of names) {
    const simulator = await startFrozen({ items: richItems, faults: accounts[name]!.faults });
    try {
      await takeAll(name, simulator);
    } finally {
      await simulator.close();
    }
  }
  for (const [file, text] of expositions) await writeFile(join(folder, file), text);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function takeAll(name: string, simulator: Simulator): Promise<void> {
  const { up, settings } = accounts[name]!;
  const env = settingsFor(simulator, { VCC_ACCOUNT: awkwardName, VCC_RETRIES: '1', ...settings });
  await writeFile(join(folder, 'roster.csv'), simulator.accounts[0]!.rosterCsv());
  for (const format of formats) {
    const { status, stdout, stderr } = await scrapeOnce(env, format, folder);
    expect({ status, stderr }).toEqual({
      status: up ? 0 : 1,
      stderr: up ? '' : expect.stringMatching(/503/),
    });
    expositions.set(fileOf(name, 'scrape', format), stdout);
  }
  const exporter: Exporter = await startExporter(env, folder);
  try {
    // The first also fetches a token, so its number of requests differs.
    await fetch(`${exporter.origin}/metrics`).then((response) => response.text());
    for (const format of formats) {
      const response = await fetch(`${exporter.origin}/metrics`, { headers: { accept: accept[format] } });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe(`${accept[format]}; charset=utf-8`);
      expositions.set(fileOf(name, 'served', format), await response.text());
    }
  } finally {
    await exporter.stop();
  }
}

describe.each(names)('the exposition of %s', (name) => {
  const { up } = accounts[name]!;

  test.each(ways)('reports in every format whether the scrape succeeded (%s)', (way) => {
    for (const format of formats) {
      const lines = exposition(name, way, format).split('\n');
      const [upLine] = lines.filter((line) => line.startsWith('vcc_up{'));
      expect(upLine).toMatch(new RegExp(`} ${up}$`));
      expect(lines.some((line) => line.startsWith('vcc_agents{'))).toBe(up === 1);
    }
  });

  const asked = accounts[name]!.settings?.VCC_AGENT_METRICS === 'ids';
  const ids = richItems.map((item) => `"${item.agentId}"`);

  test(`names ${asked ? 'every' : 'no'} agent, no interaction and no secret`, () => {
    const identities = [
      ...ids,
      ...richItems.flatMap((item) => item.interaction.map((leg) => leg.guid)),
      ...Object.values(secrets),
      ...Object.values(key),
    ];
    const written = ways.flatMap((way) => formats.map((format) => exposition(name, way, format))).join();
    expect(identities.filter((identity) => written.includes(identity))).toEqual(asked ? ids : []);
  });
});

describeWith(['prometheus'], 'promtool check metrics', ({ prometheus }) => {
  const check = (input: string) => run(prometheus.promtool, ['check', 'metrics'], { folder, input });

  for (const way of ways) {
    test.each(names)(`has nothing to say about the text of %s (${way})`, async (name) => {
      const input = exposition(name, way, 'text');
      expect(input).toMatch(/^# HELP vcc_up /);
      expect(await check(input)).toEqual({ status: 0, stdout: '', stderr: '' });
    });
  }

  test('does report a metric without help', async () => {
    const { status, stderr } = await check('# TYPE vcc_x gauge\nvcc_x 1\n');
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/no help text/);
  });
});

interface Judged {
  error?: string;
  families?: { name: string; type: string; unit: string; help: string; samples: JudgedSample[] }[];
}
interface JudgedSample {
  name: string;
  labels: Record<string, string>;
  value: string;
}

describeWith(['python'], 'prometheus_client', ({ python }) => {
  const script = fileURLToPath(new URL('support/judge.py', import.meta.url));
  let judged: Record<string, Judged>;

  const spoilt = {
    'no-end.om': '# TYPE a gauge\n# HELP a Help.\na 1\n',
    'interleaved.om': '# TYPE a gauge\na{x="1"} 1\n# TYPE b gauge\nb 1\na{x="2"} 1\n# EOF\n',
    'no-infinity.om': '# TYPE a gaugehistogram\na_bucket{le="1.0"} 1\na_gcount 1\na_gsum 1\n# EOF\n',
    'text.txt': 'a{x="1} 1\n',
  };

  beforeAll(async () => {
    for (const [file, text] of Object.entries(spoilt)) await writeFile(join(folder, file), text);
    const files = [...expositions.keys(), ...Object.keys(spoilt)];
    const { status, stdout, stderr } = await run(python.python, [script, ...files], {
      folder,
      env: { ...python.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    judged = JSON.parse(stdout);
  });

  /** The result of the parser for an exposition. Fails with the parser's own message. */
  function read(name: string, way: string, format: string): NonNullable<Judged['families']> {
    const { error, families } = judged[fileOf(name, way, format)]!;
    expect(error).toBeUndefined();
    return families!;
  }

  /** Every sample as a line, sorted. Samples about the scrape itself have no value. */
  function toLines(families: NonNullable<Judged['families']>): string[] {
    return families
      .flatMap(({ samples }) => samples)
      .map(({ name, labels, value }) => {
        const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
        return `${name} ${JSON.stringify(sorted)} ${ofTheScrape.has(name) ? 'any' : value}`;
      })
      .sort();
  }

  test.each(Object.keys(spoilt))('rejects invalid text (%s)', (file) => {
    expect(judged[file]!.error).toBeDefined();
  });

  for (const way of ways) {
    describe.each(names)(`reads the expositions of %s (${way})`, (name) => {
      test.each(formats)('in the format %s, every line of it', (format) => {
        const lines = exposition(name, way, format).split('\n');
        const samples = lines.filter((line) => line !== '' && !line.startsWith('#'));
        expect(toLines(read(name, way, format))).toHaveLength(samples.length);
        expect(samples.length).toBeGreaterThan(15);
      });

      test('with the same samples in both formats', () => {
        const [text, openMetrics] = formats.map((format) => toLines(read(name, way, format)));
        expect(openMetrics).toEqual(text);
      });

      test('with the type, unit and help of the catalogue in OpenMetrics', () => {
        const declared = new Map(
          allMetrics.map(({ name, type, unit, help }) => [
            type === 'info' ? name.replace(/_info$/, '') : name,
            { type, unit: unit ?? '', help },
          ]),
        );
        const families = read(name, way, 'openmetrics');
        const own = families.map((family) => [family.name, declared.get(family.name)]);
        expect(families.map(({ name, type, unit, help }) => [name, { type, unit, help }])).toEqual(own);
      });

      test('with every family about agents while the API is up, and none while it is down', () => {
        const expected = allMetrics.filter((metric) => metric.name.startsWith('vcc_agents')).length;
        const found = read(name, way, 'openmetrics').filter((family) => family.name.startsWith('vcc_agents'));
        expect(found).toHaveLength(accounts[name]!.up ? expected : 0);
      });
    });
  }

  test("unescapes labels to the API's values", () => {
    for (const format of formats) {
      const samples = read('a rich account', 'served', format).flatMap((family) => family.samples);
      const texts = new Set(
        samples
          .filter((sample) => sample.name === 'vcc_agents_by_description')
          .map((sample) => sample.labels.description),
      );
      expect(texts).toEqual(new Set(richItems.map((item) => item.presence.description)));
      const accountsSeen = new Set(samples.map((sample) => sample.labels.account));
      expect(accountsSeen).toEqual(new Set([awkwardName, undefined]));
    }
  });

  test('finds words that the reference does not name under their own name, counted as unknown', () => {
    const samples = read('an account with unknown values', 'served', 'openmetrics').flatMap(
      (family) => family.samples,
    );
    const value = (name: string, label: string, of: string) =>
      samples.find((sample) => sample.name === name && sample.labels[label] === of)?.value;
    // One on each of the six pages.
    expect(value('vcc_agents', 'presence', 'Sabbatical')).toBe('6.0');
    expect(value('vcc_interactions', 'medium', 'Fax')).toBe('6.0');
    for (const field of ['presence', 'state', 'reason', 'direction', 'medium', 'medium_manager']) {
      expect([field, value('vcc_unknown_values', 'field', field)]).toEqual([field, '6.0']);
    }
  });
});
