import { afterEach, describe, expect, test } from '@jest/globals';
import { deadlineIn, forever } from '../../src/deadline.ts';
import { connect } from '../../src/scrape.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/server.ts';
import { systemTiming } from '../../src/timing.ts';
import { accountOf } from '../support/account.ts';

let simulator: Simulator;
let close = () => {};
afterEach(async () => {
  close();
  await simulator.close();
});

async function start(options: SimulatorOptions = {}, env: Record<string, string> = {}) {
  simulator = await startSimulator({ agents: 60, ...options });
  const account = accountOf(simulator, { VCC_ROSTER: 'users-api', VCC_RETRIES: '0', ...env });
  const connection = connect(account, systemTiming, forever);
  close = connection.close;
  return (ms: number) => connection.fetchRoster(deadlineIn(ms));
}

describe('the roster by the User Admin API', () => {
  test.each(['7', '1000'])('has every active agent, with name and team, in pages of %s', async (pageSize) => {
    const fetchRoster = await start({}, { VCC_PAGE_SIZE: pageSize });
    const { agents, columns, inSeveralTeams } = await fetchRoster(5000);
    const [account] = simulator.accounts;
    const active = account!
      .users()
      .filter(
        ({ active, userAccountConfiguration }) => active && userAccountConfiguration.agentConfiguration,
      );
    expect([...agents.keys()].toSorted()).toEqual(
      active.map((user) => user.userAccountConfiguration.agentConfiguration!.agentDisplayId).toSorted(),
    );
    for (const user of active) {
      const { agentDisplayId } = user.userAccountConfiguration.agentConfiguration!;
      const group = account!
        .groups()
        .find(({ members }) => members.some(({ userId }) => userId === user.userId));
      expect(agents.get(agentDisplayId)).toEqual({ name: user.name, team: group?.groupName ?? '' });
    }
    expect([...columns]).toEqual(['name', 'team']);
    expect(inSeveralTeams).toBe(0);
  });

  test('fetches its own token, with its own scope', async () => {
    const fetchRoster = await start();
    await fetchRoster(5000);
    await fetchRoster(5000);
    expect(simulator.requests.token).toBe(1);
    expect(simulator.requests.api).toBe(0);
  });

  test('fails with a reason when the credentials lack the scope', async () => {
    const fetchRoster = await start({ accounts: [{ name: 'a', agents: 20, usersApi: false }] });
    await expect(fetchRoster(5000)).rejects.toThrow('were not accepted for scope users:read');
  });

  test('fails past VCC_MAX_PAGES, rather than leave somebody out', async () => {
    const fetchRoster = await start({}, { VCC_PAGE_SIZE: '10', VCC_MAX_PAGES: '5' });
    await expect(fetchRoster(5000)).rejects.toThrow('useradmin users: more than 5 pages; VCC_MAX_PAGES is 5');
  });

  test.each([
    ['an outage', { kind: 'status', value: 503, on: 'users' } as const, /answered 503$/],
    ['half an answer', { kind: 'json', on: 'users' } as const, /^useradmin users, page 1: expected JSON/],
    ['a missing scope', { kind: 'status', value: 403, on: 'users' } as const, /lack the scope users:read$/],
    ['silence', { kind: 'hang', on: 'users' } as const, /^no complete answer within 500 ms/],
  ])('fails at %s', async (_, fault, message) => {
    const fetchRoster = await start({ faults: [fault] });
    await expect(fetchRoster(500)).rejects.toThrow(message);
  });
});
