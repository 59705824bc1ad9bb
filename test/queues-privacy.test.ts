import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Family } from '../src/catalogue/metric.ts';
import { deadlineIn, forever } from '../src/deadline.ts';
import { encodeOpenMetrics } from '../src/exposition/openmetrics.ts';
import { encodeText } from '../src/exposition/text.ts';
import { directNetwork } from '../src/http/network.ts';
import { logLine, toLogFields } from '../src/log.ts';
import { toEmfLines } from '../src/push/encoding/emf.ts';
import { encodeMetrics } from '../src/push/encoding/otlp.ts';
import { toPoints } from '../src/push/encoding/points.ts';
import { encodeWriteRequest } from '../src/push/encoding/remote-write-1.ts';
import { encodeRequest } from '../src/push/encoding/remote-write-2.ts';
import { encodeRecording } from '../src/recording/format.ts';
import { record } from '../src/recording/record.ts';
import { createScraper, toFamilies } from '../src/scrape.ts';
import { type Fault, type FaultKind, faultKinds } from '../src/simulator/faults.ts';
import { startSimulator } from '../src/simulator/server.ts';
import { accountOf } from './support/account.ts';
import { anyInteraction, channel, interactionOf, pageOf } from './support/ongoing.ts';
import { startServer, type TestServer } from './support/server.ts';
import { movedTiming } from './support/skewed-timing.ts';

/** Everything that leaves the exporter with these metrics, as text. */
function outputsOf(families: Family[]): string {
  const points = toPoints(families, 1_768_471_200_500, { job: 'vcc', instance: 'i' });
  const bytes = [
    encodeText(families),
    encodeOpenMetrics(families),
    encodeWriteRequest(points),
    encodeRequest(points),
    encodeMetrics(points, { job: 'vcc', instance: 'i' }),
  ];
  return [
    ...bytes.map((each) => Buffer.from(each).toString('latin1')),
    ...toEmfLines(points, { namespace: 'VCC' }),
  ].join('\n');
}

/** What the log, `check` and Lambda show of an error, with its causes. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = `${error.name} ${error.message} ${error.stack} ${logLine('error', 'x', toLogFields(error))}`;
  return `${own} ${JSON.stringify(Object.values(error))} ${error.cause === undefined ? '' : textOf(error.cause)}`;
}

/** A number or address of a customer, unlike anything else. */
const secrets = [
  '447700900123',
  '+44 7700 900123',
  '07700900123',
  '٤٤٧٧٠٠٩٠٠١٢٣',
  'jo.miller.77009@mail.example',
  'sip:77009@pbx.example',
];
/** Parts of the secrets above, by which the tests find them also when they are cut. */
const traces = ['7700900123', '7700 900123', '٧٧٠٠', 'jo.miller', '77009@'];
const secret = fc.constantFrom(...secrets);

/** Interactions with secrets where the API has them, and in fields that nobody knows. */
const anySecretive = fc
  .tuple(anyInteraction, fc.array(secret, { minLength: 3, maxLength: 3 }), fc.nat(9))
  .map(([item, [a, b, c], more]) => {
    const channels = item.channels.map((channel) => ({
      ...channel,
      party: { ...channel.party, touchpoint: channel.party.touchpoint === item.connectFrom ? a : b },
      integrationType: c,
      ...(more === 1 && { [a!]: b }),
    }));
    const spoiled: Record<string, unknown> = {
      ...item,
      connectFrom: a,
      connectTo: b,
      serviceName: c,
      interactionPlanMapping: { addressName: a, mappingName: b, interactionPlanName: c },
      more: { [b!]: [c] },
      channels: more === 2 ? a : channels,
      ...(more === 3 && { start: a }),
      ...(more === 4 && { guid: [a] }),
      ...(more === 5 && { start: Number(a) || 447700900123 }),
    };
    if (more === 6) for (const channel of channels) channel.events.push({ type: [a], offset: b } as never);
    return spoiled;
  });
/** A caller who waits. */
const aWaiting = secret.map((number) =>
  interactionOf({
    guid: number.replace(/\d/g, '1'),
    connectFrom: number,
    channels: [channel({ party: { touchpoint: number } })],
  }),
);
const anyPassage = fc.tuple(secret, secret, fc.nat(6)).map(([a, b, more]) => ({
  ...{ interactionGuid: a.length + more, start: '2026-01-15T09:59:00.000Z', interactionPlan: 'Plan' },
  ...{
    queue: 'Support',
    type: 'ACD',
    category: 'Answered',
    duration: 5,
    party: { role: 'External', touchpoint: a },
  },
  ...{ connectFrom: b, [b]: a, medium: 'Phone' },
  ...(more > 2 && { interactionGuid: `guid-${more}` }),
  ...(more === 4 && { start: a, duration: b, targets: { targetTimeToAnswer: a } }),
  ...(more === 5 && { party: a, targets: [b] }),
}));

/** An answer of any status, whole or damaged. */
const anyAnswer = (items: fc.Arbitrary<unknown>) =>
  fc.record({
    status: fc.constantFrom(200, 200, 200, 200, 400, 404, 422, 500, 503),
    body: fc.oneof(
      { weight: 6, arbitrary: fc.array(items, { maxLength: 3 }).map((all) => pageOf(all)) },
      { weight: 1, arbitrary: fc.array(items, { maxLength: 3 }).map((all) => pageOf(all).slice(0, -40)) },
      { weight: 1, arbitrary: secret.map((text) => `<html>${text}</html>`) },
      {
        weight: 1,
        arbitrary: secret.map((text) =>
          JSON.stringify({ message: text, meta: text, items: text, upTo: text }),
        ),
      },
      { weight: 1, arbitrary: secret.map((text) => JSON.stringify(text)) },
      { weight: 1, arbitrary: secret.map((text) => pageOf([], { upTo: text, meta: { page: text } })) },
    ),
  });

const agentsBody = JSON.stringify({
  meta: { page: 1, count: 0, pageCount: 0, totalCount: 0 },
  items: [],
  upTo: '2026-01-15T10:00:00.500Z',
});

describe('numbers and addresses of customers', () => {
  let api: TestServer;
  let answers: Record<'ongoing' | 'queue-times', { status: number; body: string }>;
  beforeAll(async () => {
    api = await startServer((request, response) => {
      const on = request.url!.includes('/queue-times') ? 'queue-times' : 'ongoing';
      if (request.method === 'POST')
        response.end(JSON.stringify({ access_token: 'token', expires_in: 7200 }));
      else if (request.url!.startsWith('/stats/agent-status')) response.end(agentsBody);
      else response.writeHead(answers[on].status).end(answers[on].body);
    });
  });
  afterAll(() => api.close());

  test('occur in no metric, log line, message or recording, whatever the API answers', async () => {
    const place = {
      apiUrl: api.origin,
      tokenUrl: `${api.origin}/token`,
      clientId: 'id',
      clientSecret: 'a-secret',
    };
    const account = accountOf(place as never, {
      VCC_QUEUES: 'on',
      VCC_QUEUE_NUMBERS: 'show',
      VCC_RETRIES: '0',
    });
    const reasons = new Set<string>();
    let waiting = 0;
    await fc.assert(
      fc.asyncProperty(
        anyAnswer(fc.oneof(anySecretive, aWaiting)),
        anyAnswer(anyPassage),
        async (ongoing, times) => {
          answers = { ongoing, 'queue-times': times };
          const timing = movedTiming(1_768_471_200_500);
          const lines: string[] = [];
          const scraper = createScraper(account, { timing, log: (line) => lines.push(line) });
          const scrapes = [
            await scraper.scrape(deadlineIn(10_000)),
            await scraper.scrape(deadlineIn(10_000)),
          ];
          scraper.close();
          const { reading } = scrapes[0]!;
          const families = await toFamilies([reading]);
          const all = [
            outputsOf(families),
            ...lines,
            JSON.stringify(reading),
            ...scrapes.map(({ failure }) => textOf(failure)),
          ];
          expect(traces.filter((trace) => all.some((each) => each.includes(trace)))).toEqual([]);
          for (const { error } of reading.queues!.sources) reasons.add(error ?? 'up');
          waiting +=
            reading.queues!.counts.ongoing?.waiting.filter((row) => row.interactions > 0).length ?? 0;
        },
      ),
      { numRuns: 40, seed: 5 },
    );
    expect([...reasons].toSorted()).toEqual(['http_status', 'shape', 'up']);
    expect(waiting).toBeGreaterThan(1);
  });
});

test.each<[string, FaultKind[], number]>([
  [
    'which leave the answer whole',
    ['status', 'shift', 'grow', 'shrink', 'repeat', 'delay', 'flawed', 'unknown', 'shape'],
    3,
  ],
  ['which damage it', ['cut', 'json', 'html', 'hang'], 4],
])(
  'no number or address of the simulator leaves the exporter, with all its faults %s',
  async (_, kinds, seed) => {
    const timing = movedTiming(1_768_471_200_500);
    const simulator = await startSimulator({ agents: 8, callers: true, seed, now: timing.apiNow });
    const { callers } = simulator.accounts[0]!;
    const lines: string[] = [];
    const outputs: string[] = [];
    const env = { VCC_QUEUES: 'on', VCC_SKILLS: 'users-api', VCC_RETRIES: '0', VCC_PAGE_SIZE: '20' };
    const account = accountOf(simulator, { ...env, VCC_REQUEST_TIMEOUT: '2s' });
    const scraper = createScraper(account, { timing, log: (line) => lines.push(line) });
    for (const kind of kinds) {
      for (const on of ['ongoing', 'queue-times', 'users'] as const) {
        const fault: Fault = {
          kind,
          on,
          ...(kind === 'status' && { value: 500 }),
          ...(kind === 'delay' && { value: 1 }),
        };
        simulator.faults = [fault];
        // After every pause of a failure.
        timing.pass(3_600_000);
        const { reading, failure } = await scraper.scrape(deadlineIn(10_000));
        outputs.push(JSON.stringify(reading), textOf(failure));
        if (on !== 'ongoing') outputs.push(outputsOf(await toFamilies([reading])));
      }
    }
    const options = {
      readings: 1,
      intervalMs: 0,
      network: directNetwork,
      timing,
      userAgent: 'test',
      stop: forever,
    };
    simulator.faults = [];
    outputs.push(encodeRecording((await record(account, options)).recording, 'test'));
    scraper.close();
    const all = [...lines, ...outputs].join('\n');
    const touchpoints = new Set(callers!.touchpoints());
    await simulator.close();
    expect(touchpoints.size).toBeGreaterThan(100);
    const found = all.match(/\d{11}|[\w.]+@[\w.]+/g) ?? [];
    expect(found.filter((each) => touchpoints.has(each))).toEqual([]);
    // The search finds what is there.
    expect(all.includes('vcc_queue_waiting{account="test",queue="')).toBe(true);
    expect(kinds.every((kind) => kind in faultKinds)).toBe(true);
    expect(lines.length).toBeGreaterThan(0);
  },
);
