import { afterEach, describe, expect, test } from '@jest/globals';
import { run } from '../../src/cli/run.ts';
import type { Environment } from '../../src/config/load.ts';
import { parseFault } from '../../src/simulator/faults.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/server.ts';
import { environmentOf } from '../support/account.ts';
import { openFront } from '../support/front.ts';
import { rememberingTerminal } from '../support/terminal.ts';

let simulator: Simulator;
afterEach(() => simulator?.close());

const queuesOn = { VCC_QUEUES: 'on', VCC_SKILLS: 'users-api' };
/** Many customers, and nobody is delivered to an agent, so that some wait in every queue. */
const callers = { delivers: () => false, arrivalsPerMinute: () => 40 };

/** Runs the command against a simulator. */
async function checked(env: Environment, faults: readonly string[] = [], options: SimulatorOptions = {}) {
  simulator = await startSimulator({ agents: 40, callers, faults: faults.map(parseFault), ...options });
  const io = rememberingTerminal('/', environmentOf(simulator, env));
  const status = await run(io, ['check']);
  const printed = [...io.lines, ...io.notes].join('\n');
  const steps = io.lines.flatMap((line) => /^(?:ok {4}|FAILED) {2}([\w ]+):/.exec(line)?.[0] ?? []);
  return { status, lines: io.lines, printed, steps: steps.slice(-3), io };
}

const after = (lines: readonly string[], step: string) =>
  lines.slice(lines.findIndex((line) => line.startsWith(step)));

describe('check with queues', () => {
  test('says what each source returned, in numbers', async () => {
    // The clock stands still, so that nobody comes or goes meanwhile.
    const nowMs = Date.now();
    const { status, lines, printed, steps } = await checked(queuesOn, [], { now: () => nowMs });
    expect(steps).toEqual(['ok      Ongoing interactions:', 'ok      Queue times:', 'ok      Skills:']);
    const [, total, waiting, queues] =
      /Ongoing interactions: (\d+) in total, (\d+) waiting in (\d) queues$/m.exec(printed)!;
    const { callers: its } = simulator.accounts[0]!;
    expect(Number(total)).toBe(its!.ongoing().length);
    expect(Number(waiting)).toBeGreaterThan(10);
    expect(Number(queues)).toBe(4);
    expect(printed).toMatch(
      /Queue times: \d+ left 4 queues: Answered 0, Abandoned \d+, Breakout \d+, in the last 30 min$/m,
    );
    expect(printed).toMatch(/Skills: 4 skills, and \d+ agents have at least one$/m);
    expect([status, lines.at(-1)]).toEqual([0, '\nThe account test can be read.']);
    expect(simulator.requests).toMatchObject({ ongoing: 1, 'queue-times': 1 });
    for (const { name } of its!.queues) expect(printed).not.toContain(name);
  });

  test('without VCC_QUEUES says nothing and requests nothing', async () => {
    const { status, printed } = await checked({});
    expect(status).toBe(0);
    expect(printed).not.toMatch(/queue|ongoing|skill/i);
    expect(simulator.requests).toEqual({ token: 2, api: 2, users: 0 });
  });

  test('without VCC_SKILLS requests no skills', async () => {
    const { printed } = await checked({ VCC_QUEUES: 'on' });
    expect(printed).not.toContain('Skills');
    expect(simulator.requests.users).toBe(0);
  });

  test.each([
    ['ongoing', 'Ongoing interactions'],
    ['queue-times', 'Queue times'],
    ['users', 'Skills'],
  ])('explains a 403 of %s, and tries the other sources', async (on, name) => {
    const { status, lines, printed, steps } = await checked(queuesOn, [`status=403,on=${on}`]);
    expect(steps.filter((step) => step.startsWith('FAILED'))).toEqual([`FAILED  ${name}:`]);
    const [failure, advice, effect] = after(lines, `FAILED  ${name}`);
    expect(failure).toMatch(/answered 403: the credentials lack the scope (stats|users:read)$/);
    expect(advice).toMatch(/^ {8}Create the API credentials/);
    expect(effect).toBe('        Agents are not affected: their metrics do not depend on this.');
    expect(printed).toMatch(/^ok {6}Snapshot/m);
    expect([status, lines.at(-1)]).toEqual([
      1,
      `\nThe agents can be read, but not all queues: test (${name}).`,
    ]);
  });

  test('waits longer than a scrape does', async () => {
    const { status, printed } = await checked(queuesOn, ['delay=1500,on=ongoing,times=1']);
    expect(status).toBe(0);
    expect(printed).toMatch(/ok {6}Ongoing interactions: \d+ in total/);
  });

  test('ends if a source does not answer', async () => {
    const { status, printed } = await checked({ ...queuesOn, VCC_TIMEOUT: '1s' }, ['hang,on=ongoing']);
    expect(status).toBe(1);
    expect(printed).toContain('FAILED  Ongoing interactions: no complete answer within 1000 ms');
  });

  test('mentions flawed items, and shows no value of a customer', async () => {
    const { status, printed } = await checked(queuesOn, ['flawed,on=ongoing', 'flawed,on=queue-times']);
    expect(status).toBe(0);
    expect(
      printed.match(/1 item has values that are absent or invalid \(vcc_queue_flawed_items\)/g),
    ).toHaveLength(2);
    expect(printed).not.toMatch(/\+?\d{8,}|@/);
  });

  test('mentions what is unclear, and types that were not requested', async () => {
    simulator = await startSimulator({ agents: 40, callers });
    const front = await openFront(simulator, {
      ongoing: (items) => items.map((item) => ({ ...item, connectFrom: '+44 20 7946 0018' })),
      'queue-times': (items) => items.map((item, index) => (index < 2 ? { ...item, type: 'Virtual' } : item)),
    });
    const io = rememberingTerminal('/', { ...environmentOf(simulator, queuesOn), VCC_API_URL: front.origin });
    expect(await run(io, ['check'])).toBe(0);
    await front.close();
    expect(io.lines.join('\n')).toMatch(
      /: \d+ in total, 0 waiting\n {8}Unclear whether \d+ more wait, by reason: touchpoint \d+\. They do not count as waiting \(vcc_queue_unclear\)\.\n/,
    );
    expect(io.lines.join('\n')).toMatch(
      /in the last 30 min\n {8}2 items of another type than ACD, which was requested\. They do not count \(vcc_queue_window_other_types\)\.\n/,
    );
    expect(io.lines.join('\n')).not.toContain('7946');
  });

  test('does not try the queues of an account that cannot be read', async () => {
    const { status, printed } = await checked(queuesOn, ['status=500'], {});
    expect(status).toBe(1);
    expect(printed).not.toMatch(/queue/i);
    expect(simulator.requests.ongoing).toBeUndefined();
  });
});

test('check of several accounts names those whose queues cannot be read', async () => {
  simulator = await startSimulator({
    agents: 40,
    callers: true,
    accounts: [{ name: 'a' }, { name: 'b' }],
    faults: [parseFault('status=403,on=ongoing,account=b')],
  });
  const accounts = simulator.accounts.map(({ name, clientId, clientSecret }) => ({
    name,
    client_id: clientId,
    client_secret: clientSecret,
    token_url: simulator.tokenUrl,
    api_url: simulator.apiUrl,
  }));
  const io = rememberingTerminal('/', { VCC_CONFIG: JSON.stringify({ accounts }), VCC_QUEUES: 'on' });
  expect(await run(io, ['check'])).toBe(1);
  expect(io.lines.at(-1)).toBe(
    '\nAll 2 accounts can be read. Queues that cannot be read: b (Ongoing interactions).',
  );
});
