import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parsePage } from '../../src/vcc/agent-status.ts';
import { ShapeError } from '../../src/vcc/errors.ts';

const example = readFileSync(new URL('../fixtures/reference-example.json', import.meta.url), 'utf8');

// biome-ignore lint/suspicious/noExplicitAny: the tests below break the example wherever they like
type Broken = any;

function changed(change: (page: Broken) => void): string {
  const page = JSON.parse(example);
  change(page);
  return JSON.stringify(page);
}

describe('parsePage', () => {
  test('reads every field of the reference’s example', () => {
    expect(parsePage(example, 1)).toEqual({
      number: 1,
      count: 2,
      pageCount: 1,
      totalCount: 2,
      upToMs: Date.parse('2019-12-23T09:39:07.012Z'),
      agents: [
        {
          id: '002',
          presence: 'Ready',
          presenceSinceMs: Date.parse('2019-12-19T16:00:23.249Z'),
          description: 'Ready',
          eligibleForRouting: false,
          workloadSinceMs: Date.parse('2019-12-19T16:05:30.212Z'),
          live: 1,
          semiLive: 0,
          nonLive: 0,
          interactions: [
            {
              guid: 'b6c01065-a5fa-432f-981b-649f98518878',
              channelGuid: null,
              sinceMs: Date.parse('2019-12-19T16:05:30.212Z'),
              medium: 'Phone',
              mediumManager: 'CC',
              direction: 'Outbound',
              state: 'Connected',
              reason: null,
            },
          ],
        },
        {
          id: '003',
          presence: 'Ready',
          presenceSinceMs: Date.parse('2019-12-19T16:00:30.145Z'),
          description: 'Ready',
          eligibleForRouting: true,
          workloadSinceMs: Date.parse('2019-12-19T15:49:00.512Z'),
          live: 0,
          semiLive: 0,
          nonLive: 0,
          interactions: [],
        },
      ],
    });
  });

  test('ignores fields that the reference does not have', () => {
    const more = changed((page) => {
      page.links = {};
      page.items[0].team = { name: 'x' };
      page.items[0].interaction[0].queue = 1;
    });
    expect(parsePage(more, 1)).toEqual(parsePage(example, 1));
  });

  test.each([
    ['\ud83d\ude00 \u00e4 \ud55c', '😀 ä 한'],
    ['a\ud83d', 'a\ufffd'],
    ['\ude00b', '\ufffdb'],
    ['\ud83d\ud83d\ude00', '\ufffd😀'],
  ])('takes halves of surrogate pairs for what they become in UTF-8: %j', (given, expected) => {
    const body = changed((page) => {
      page.items[0].presence.description = given;
    }).replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    expect(body).toMatch(/\\u[0-9a-f]{4}/);
    expect(parsePage(body, 1).agents[0]!.description).toBe(expected);
  });

  test('takes a byte order mark for nothing', () => {
    expect(parsePage(`\ufeff${example}`, 1)).toEqual(parsePage(example, 1));
  });

  test('keeps unknown words as they came', () => {
    const body = changed((page) => {
      page.items[0].presence.name = 'Sabbatical';
      page.items[0].interaction[0].state = 'Fault';
    });
    expect(parsePage(body, 1).agents[0]).toMatchObject({
      presence: 'Sabbatical',
      interactions: [{ state: 'Fault' }],
    });
  });

  test.each([
    '0001-01-01T00:00:00Z',
    '0001-01-01T00:00:00',
    '0001-01-01T00:00:00.0000000Z',
    '0001-01-01T05:00:00+01:00',
  ])('takes .NET’s zero for an unknown time: %s', (since) => {
    const body = changed((page) => {
      page.items[0].presence.since = since;
      page.items[0].workload.since = since;
      page.items[0].interaction[0].since = since;
    });
    const [first] = parsePage(body, 1).agents;
    expect(first).toMatchObject({ presenceSinceMs: undefined, workloadSinceMs: undefined });
    expect(first?.interactions?.[0]).toMatchObject({ sinceMs: undefined });
  });

  test('survives what may be absent', () => {
    const body = changed((page) => {
      delete page.items[0].presence.description;
      delete page.items[0].presence.eligibleForRouting;
      delete page.items[0].workload.semiLive;
      delete page.items[0].workload.nonLive;
      delete page.items[0].interaction[0].reason;
      delete page.items[0].interaction[0].channelGuid;
      delete page.items[1].interaction;
    });
    const [first, second] = parsePage(body, 1).agents;
    expect(first).toMatchObject({ semiLive: 0, nonLive: 0 });
    expect(first?.description).toBeUndefined();
    expect(first?.eligibleForRouting).toBeUndefined();
    expect(first?.interactions?.[0]).toMatchObject({ reason: null, channelGuid: null });
    expect(second?.interactions).toBeUndefined();
  });

  const date = 'a UTC date in ISO 8601, like 2019-12-19T16:00:23.249Z';
  test.each<[string, (page: Broken) => void, string]>([
    ['no meta', (page) => delete page.meta, 'page 3: meta: expected an object, received nothing'],
    ['meta an array', (page) => (page.meta = []), 'page 3: meta: expected an object, received an array'],
    [
      'meta.page',
      (page) => (page.meta.page = '1'),
      'page 3: meta.page: expected a whole number from 0, received a string',
    ],
    [
      'meta.count',
      (page) => (page.meta.count = -1),
      'page 3: meta.count: expected a whole number from 0, received number -1',
    ],
    [
      'meta.pageCount',
      (page) => (page.meta.pageCount = 1.5),
      'page 3: meta.pageCount: expected a whole number from 0, received number 1.5',
    ],
    [
      'meta.totalCount',
      (page) => (page.meta.totalCount = null),
      'page 3: meta.totalCount: expected a whole number from 0, received null',
    ],
    ['upTo', (page) => delete page.upTo, `page 3: upTo: expected ${date}, received nothing`],
    ['items', (page) => (page.items = {}), 'page 3: items: expected an array, received an object'],
    ['an item', (page) => (page.items[1] = 'x'), 'page 3: items[1]: expected an object, received a string'],
    [
      'agentId number',
      (page) => (page.items[1].agentId = 3),
      'page 3: items[1].agentId: expected a string, received a number',
    ],
    [
      'agentId empty',
      (page) => (page.items[1].agentId = ''),
      'page 3: items[1].agentId: expected a string that is not empty, received an empty string',
    ],
    [
      'presence',
      (page) => (page.items[1].presence = null),
      'page 3: items[1].presence: expected an object, received null',
    ],
    [
      'presence.name',
      (page) => delete page.items[1].presence.name,
      'page 3: items[1].presence.name: expected a string, received nothing',
    ],
    [
      'presence.description',
      (page) => (page.items[1].presence.description = null),
      'page 3: items[1].presence.description: expected a string, received null',
    ],
    [
      'presence.since',
      (page) => (page.items[1].presence.since = '19/12/2019 Bob'),
      `page 3: items[1].presence.since: expected ${date}, received a string like "99/99/9999 aaa"`,
    ],
    [
      'eligibleForRouting',
      (page) => (page.items[1].presence.eligibleForRouting = null),
      'page 3: items[1].presence.eligibleForRouting: expected true or false, received null',
    ],
    [
      'workload',
      (page) => delete page.items[0].workload,
      'page 3: items[0].workload: expected an object, received nothing',
    ],
    [
      'workload.since',
      (page) => (page.items[0].workload.since = 12),
      `page 3: items[0].workload.since: expected ${date}, received a number`,
    ],
    [
      'workload.calls',
      (page) => delete page.items[0].workload.calls,
      'page 3: items[0].workload.calls: expected a whole number from 0, received nothing',
    ],
    [
      'workload.semiLive',
      (page) => (page.items[0].workload.semiLive = null),
      'page 3: items[0].workload.semiLive: expected a whole number from 0, received null',
    ],
    [
      'workload.nonLive',
      (page) => (page.items[0].workload.nonLive = true),
      'page 3: items[0].workload.nonLive: expected a whole number from 0, received boolean true',
    ],
    [
      'interaction',
      (page) => (page.items[0].interaction = null),
      'page 3: items[0].interaction: expected an array, received null',
    ],
    [
      'an interaction',
      (page) => (page.items[0].interaction[0] = 7),
      'page 3: items[0].interaction[0]: expected an object, received a number',
    ],
    [
      'guid',
      (page) => (page.items[0].interaction[0].guid = null),
      'page 3: items[0].interaction[0].guid: expected a string, received null',
    ],
    [
      'channelGuid',
      (page) => (page.items[0].interaction[0].channelGuid = 1),
      'page 3: items[0].interaction[0].channelGuid: expected a string, received a number',
    ],
    [
      'interaction since',
      (page) => delete page.items[0].interaction[0].since,
      `page 3: items[0].interaction[0].since: expected ${date}, received nothing`,
    ],
    [
      'medium',
      (page) => (page.items[0].interaction[0].medium = null),
      'page 3: items[0].interaction[0].medium: expected a string, received null',
    ],
    [
      'mediumManager',
      (page) => delete page.items[0].interaction[0].mediumManager,
      'page 3: items[0].interaction[0].mediumManager: expected a string, received nothing',
    ],
    [
      'direction',
      (page) => (page.items[0].interaction[0].direction = {}),
      'page 3: items[0].interaction[0].direction: expected a string, received an object',
    ],
    [
      'state',
      (page) => (page.items[0].interaction[0].state = ''),
      'page 3: items[0].interaction[0].state: expected a string that is not empty, received an empty string',
    ],
    [
      'reason',
      (page) => (page.items[0].interaction[0].reason = 5),
      'page 3: items[0].interaction[0].reason: expected a string, received a number',
    ],
  ])('refuses a bad %s', (_, change, message) => {
    const parse = () => parsePage(changed(change), 3);
    expect(parse).toThrow(ShapeError);
    expect(parse).toThrow(new Error(message));
  });

  test.each([
    ['', 'page 2: expected JSON, received 0 characters that are not JSON'],
    [example.slice(0, 400), 'page 2: expected JSON, received 400 characters that are not JSON'],
    ['<html>', 'page 2: expected JSON, received 6 characters that are not JSON'],
    ['[]', 'page 2: expected a JSON object, received an array'],
    ['null', 'page 2: expected a JSON object, received null'],
  ])('refuses a body that is no object', (body, message) => {
    expect(() => parsePage(body, 2)).toThrow(new Error(message));
  });
});
