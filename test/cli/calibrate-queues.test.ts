import { afterEach, describe, expect, test } from '@jest/globals';
import { runCalibrate } from '../../src/cli/calibrate.ts';
import type { Environment } from '../../src/config/load.ts';
import { parseFault } from '../../src/simulator/faults.ts';
import { joinQuirks, parseQuirk } from '../../src/simulator/quirks.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/server.ts';
import { environmentOf } from '../support/account.ts';
import { type Changes, openFront } from '../support/front.ts';
import { rememberingTerminal } from '../support/terminal.ts';
import { fakeTiming } from '../support/timing.ts';

let simulator: Simulator;
afterEach(() => simulator?.close());

interface Given extends SimulatorOptions {
  env?: Environment;
  args?: { minutes?: string; requests?: string };
  quirk?: readonly string[];
  fault?: readonly string[];
  changes?: Changes;
}

/**
 * Runs the command against a simulator with customers. Both share one clock, which moves only when
 * the command waits.
 */
async function calibrated({ env, args, quirk = [], fault = [], changes = {}, ...options }: Given = {}) {
  const timing = fakeTiming();
  simulator = await startSimulator({
    agents: 60,
    callers: { arrivalsPerMinute: () => 12 },
    now: timing.now,
    wait: async (ms) => timing.pass(ms),
    quirks: joinQuirks(quirk.map(parseQuirk)),
    faults: fault.map(parseFault),
    ...options,
  });
  const front = await openFront(simulator, changes);
  const io = rememberingTerminal('/', {
    ...environmentOf(simulator),
    VCC_API_URL: front.origin,
    VCC_QUEUES: 'on',
    ...env,
  });
  const status = await runCalibrate(io, { minutes: '10', requests: '600', ...args }, timing);
  await front.close();
  return { status, out: io.lines.join('\n'), notes: io.notes };
}

const total = () => Object.values(simulator.requests).reduce((sum, each) => sum + each, 0);

describe('calibrate with queues', () => {
  test('compares who seemed to wait with queue-times', async () => {
    const { status, out } = await calibrated();
    expect(status).toBe(0);
    expect(out).toMatch(/^Queues: 121 readings of ongoing interactions, 121 readings of queue-times$/m);
    expect(out).toMatch(/^ {2}waiting_agrees +agrees +agrees \d+$/m);
    expect(out).toMatch(/^ {2}waiting_seen +seen +seen \d+$/m);
    expect(out).toMatch(
      /^ {2}Start +in queue-times minus while waiting: median 0\.0 s, 0\.0 s to 0\.0 s \(\d+ inter/m,
    );
    expect(out).toMatch(/^ {2}Queue type +requested ACD, received ACD \d+$/m);
    expect(out).toMatch(/^ {2}Processed +every item had ended, as requested$/m);
    expect(out).toMatch(
      /^ {2}Names +4 queues, 4 interaction plans; 1 looks like a number \(VCC_QUEUE_NUMBERS\)$/m,
    );
    expect(out).toMatch(/^ {2}Ivr +\d+ +\d+\.\d %$/m);
    expect(out).toMatch(/^ {2}reason +CallerHungUp +\d+$/m);
    expect(out).toMatch(/^ {2}queue-times target +\d+ +0$/m);
    expect(out).toContain('No unclear interactions.');
    // A reading of each list every 5 s, and a token.
    expect(simulator.requests).toEqual({ api: 121, ongoing: 121, 'queue-times': 121, token: 1, users: 0 });
    expect(out).toMatch(/^test: 121 readings of 60 agents in 10\.0 min, 364 requests$/m);
    const { queues } = simulator.accounts[0]!.callers!;
    for (const { name, address } of queues) expect(out).not.toMatch(new RegExp(`${name}|${address}`));
    expect(out).not.toMatch(/[0-9a-f]{8}-|\d{6,}|@/);
  }, 60_000);

  test('without VCC_QUEUES says nothing and requests nothing', async () => {
    const { out } = await calibrated({ env: { VCC_QUEUES: 'off' }, args: { requests: '20' } });
    expect(out).not.toMatch(/queue/i);
    expect(Object.keys(simulator.requests)).toEqual(['token', 'api', 'users']);
  });

  test('keeps the bound of requests', async () => {
    const { status, out } = await calibrated({ args: { requests: '40' } });
    expect(status).toBe(0);
    // A token, and 13 readings of three lists.
    expect(total()).toBe(40);
    expect(out).toMatch(/^test: 13 readings of 60 agents in 10\.\d min, 40 requests$/m);
  });

  test('keeps the bound of requests while answers do not add up', async () => {
    await calibrated({
      args: { requests: '20' },
      env: { VCC_PAGE_SIZE: '5' },
      fault: ['shift,on=ongoing', 'shift,on=queue-times'],
    });
    expect(total()).toBeGreaterThan(1);
    expect(total()).toBeLessThanOrEqual(20);
  });

  test('measures the lag of queue-times', async () => {
    const { out } = await calibrated({ quirk: ['queue-lag=30000'], args: { requests: '400' } });
    const [, median, ninetieth] =
      /Lag +listed ([\d.]+) s after the end \(median\), nine in ten within ([\d.]+) s/.exec(out)!;
    expect(Number(median)).toBeGreaterThan(30);
    expect(Number(median)).toBeLessThan(36);
    expect(Number(ninetieth)).toBeLessThan(36);
  }, 60_000);

  test('shows that a rule is wrong, by what was found instead', async () => {
    const { out } = await calibrated({
      args: { requests: '100' },
      changes: {
        'queue-times': (items) =>
          items.map((item) => ({
            ...item,
            start: new Date(Date.parse(String(item.start)) - 60_000).toISOString(),
            ...((item.party as { role: string }).role === 'Agent' && { type: 'Virtual' }),
            reason: '+44 20 7946 0018',
          })),
      },
    });
    expect(out).toMatch(/^ {2}waiting_agrees +other_start +.*other_start \d+/m);
    expect(out).toMatch(/^ {2}Start +\S.*: median -60\.0 s, /m);
    expect(out).toMatch(/received ACD \d+, Virtual \d+\. The exporter does not count the others$/m);
    expect(out).toMatch(/^ {2}reason +a value that is no word +\d+$/m);
    expect(out).not.toContain('7946');
  });

  test('lists the reasons of unclear interactions', async () => {
    const { out } = await calibrated({
      args: { requests: '40' },
      changes: { ongoing: (items) => items.map((item) => ({ ...item, connectFrom: null })) },
    });
    expect(out).toMatch(
      /^Unclear whether they wait:\n {2}Reason +Interactions +Readings\n {2}touchpoint +\d+ +\d+$/m,
    );
    expect(out).toMatch(/^ {2}waiting_agrees +not seen enough +-$/m);
    expect(out).toMatch(/^ {2}waiting_seen +unseen +unseen \d+$/m);
    expect(out).toMatch(/^ {2}Waiting +0 times/m);
  });

  test('goes on with the agents when a source fails', async () => {
    const { status, out } = await calibrated({
      args: { requests: '100' },
      fault: ['status=403,on=ongoing'],
    });
    expect(status).toBe(0);
    expect(out).toMatch(/^Queues: 0 readings of ongoing interactions, \d+ readings of queue-times$/m);
    expect(out).toMatch(
      /^\d+ readings of ongoing failed, the last one: GET http:\S+: answered 403: the credentials/m,
    );
    expect(out).toMatch(/^test: \d\d readings of 60 agents/m);
    expect(out).toMatch(/^ {2}since_in_wrap +restarts /m);
  });

  test('ends at the first 429 of a source', async () => {
    const { status, out } = await calibrated({ fault: ['status=429,on=queue-times'] });
    expect(status).toBe(0);
    expect(out).toMatch(/^It ended early, at the first 429: GET http:\S+queue-times: answered 429$/m);
    expect(simulator.requests).toMatchObject({ api: 1, ongoing: 1, 'queue-times': 1 });
  });
});
