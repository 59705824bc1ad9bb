import { afterEach, describe, expect, test } from '@jest/globals';
import type { AgentStatus } from '../../src/simulator/agent.ts';
import { joinQuirks, parseQuirk } from '../../src/simulator/quirks.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { newClient } from './client.ts';

const startMs = Date.parse('2026-01-15T10:00:00Z');
const status = '/stats/agent-status?limit=5000';
let simulator: Simulator;
afterEach(() => simulator?.close());

interface Body {
  meta: { count: number; pageCount: number; totalCount: number };
  items: AgentStatus[];
  upTo: string;
}

async function ask(...quirks: string[]): Promise<{ headers: Headers; body: Body }> {
  const options = { agents: 60, now: () => startMs, quirks: joinQuirks(quirks.map(parseQuirk)) };
  simulator = await startSimulator(options);
  const response = await (await newClient(simulator, simulator))(status);
  return { headers: response.headers, body: (await response.json()) as Body };
}

const newest = ({ items }: Body) =>
  Math.max(
    ...items.flatMap(({ presence, workload, interaction }) =>
      [presence, workload, ...interaction].map(({ since }) => Date.parse(since)),
    ),
  );
const ids = ({ items }: Body) => items.map(({ agentId }) => agentId);

describe('a quirk', () => {
  test('bounds the pages, whatever is requested', async () => {
    const { body } = await ask('max-page=25');
    expect(body.meta).toEqual({ page: 1, count: 25, pageCount: 3, totalCount: 60 });
  });

  test('orders agents by the beginning of their presence', async () => {
    const { body } = await ask('order=since');
    const sinces = body.items.map(({ presence }) => presence.since);
    expect(sinces).toEqual(sinces.toSorted());
    expect(ids(body)).not.toEqual(ids(body).toSorted());
  });

  test('makes answers late, but not their upTo', async () => {
    const { body } = await ask('lag=30000');
    expect(body.upTo).toBe('2026-01-15T10:00:00.000Z');
    expect(newest(body)).toBeLessThanOrEqual(startMs - 30_000);
  });

  test('sets its clock, and that of headers', async () => {
    const { body, headers } = await ask('clock=-90000');
    expect(body.upTo).toBe('2026-01-15T09:58:30.000Z');
    expect(headers.get('date')).toBe('Thu, 15 Jan 2026 09:58:30 GMT');
  });

  test('adds headers, several too', async () => {
    const { headers } = await ask('header=X-RateLimit-Limit:100', 'header=X-Quota: some');
    expect([headers.get('x-ratelimit-limit'), headers.get('x-quota')]).toEqual(['100', 'some']);
  });
});

test.each(['', 'max-page=x', 'order=id', 'lag=-1', 'clock=', 'header=X', 'loud=1'])(
  'refuses "%s"',
  (text) => {
    expect(() => parseQuirk(text)).toThrow(
      'expected one of max-page, order, lag, queue-lag, clock, header, with a value',
    );
  },
);
