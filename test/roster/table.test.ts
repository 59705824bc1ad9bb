import { describe, expect, test } from '@jest/globals';
import { parseRoster } from '../../src/roster/table.ts';

const csv = 'agentId,Name,team,Cost Centre\n100001,"Doe, Jane",Sales,4711\n100002,Max,,\n';
const yaml = `
- {agentId: 100001, name: "Doe, Jane", team: Sales, Cost Centre: 4711}
- agent_id: 100002
  name: Max
`;

describe('a roster', () => {
  test.each([
    ['roster.csv', csv],
    ['s3://acme/roster.CSV', csv],
    ['roster.yml', yaml],
    ['roster.json', '[{"agentId": 100001, "name": "Doe, Jane", "team": "Sales", "Cost Centre": 4711}]'],
  ])('is read from %s, with columns in snake_case', async (name, text) => {
    const { columns, agents } = await parseRoster(text, name);
    expect([...columns].toSorted()).toEqual(['agent_id', 'cost_centre', 'name', 'team']);
    expect(agents.get('100001')).toEqual({ name: 'Doe, Jane', team: 'Sales', cost_centre: '4711' });
  });

  test.each([
    ['r.csv', ''],
    ['r.csv', '\n\n'],
    ['r.csv', 'agentId,team\n'],
    ['r.yml', '[]'],
  ])('without agents is none: %s %j', async (name, text) => {
    await expect(parseRoster(text, name)).rejects.toThrow(`${name}: expected agents; received none`);
  });

  test('reads null as no team, and a column as a column whatever its name', async () => {
    const text = '[{"agentId": "1", "team": null, "constructor": "x"}, {"agentId": "2", "__proto__": "y"}]';
    const { agents } = await parseRoster(text, 'r.json');
    expect(agents.get('1')).toEqual({ team: '', constructor: 'x' });
    expect(agents.get('2')!.constructor).toBeUndefined();
    expect(Object.entries(agents.get('2')!)).toEqual([['__proto__', 'y']]);
  });

  test('counts rows as a spreadsheet does, whatever lines its cells have', async () => {
    const text = 'agentId,note\n1,"two\nlines"\n2,x\n2,y\n';
    await expect(parseRoster(text, 'r.csv')).rejects.toThrow(
      'r.csv, row 4: this agent has an earlier entry; remove one of them',
    );
  });

  test.each([
    ['r.txt', csv, 'r.txt: expected a name that ends in .csv, .yaml, .yml or .json'],
    ['r.csv', 'name,team\nHunter,x\n', 'r.csv: expected a column agentId'],
    ['r.csv', 'agentId,agent_id\nHunter,x\n', 'r.csv: the column agent_id occurs twice'],
    ['r.csv', 'agentId,team\n,x\nHunter,x\n', 'r.csv, row 2: expected an agentId; received nothing'],
    [
      'r.csv',
      'agentId\nHunter\n\nHunter\n',
      'r.csv, row 4: this agent has an earlier entry; remove one of them',
    ],
    ['r.csv', 'agentId,team\nHunter\n', 'r.csv, row 2: expected 2 cells; received 1'],
    ['r.yml', 'agents: []', 'r.yml: expected a list of agents; received a mapping'],
    ['r.yml', '[Hunter]', 'r.yml: [0]: expected a mapping; received a text'],
    [
      'r.yml',
      '[{agentId: 1, team: [Hunter]}]',
      'r.yml: [0]: expected the column team to be a text or number; received a list',
    ],
    // An agent who is taken for the header, and ids in place of columns.
    ['r.csv', '0012,Hunter,Hunter\n', 'r.csv: column 3 occurs twice'],
    [
      'r.yml',
      '[{hunter: {name: x}}]',
      'r.yml: [0]: expected column 1 to be a text or number; received a mapping',
    ],
    ['r.yml', '[{agentId: 1, agent_id: Hunter}]', 'r.yml: [0]: the column agent_id occurs twice'],
    ['r.yml', '[{team: Hunter}]', 'r.yml: expected a column agentId'],
    ['r.yml', '[{agentId: 1}, {team: Hunter}]', 'r.yml, [1]: expected an agentId; received nothing'],
    ['r.yml', '- {agentId: Hunter', 'r.yml, line 1, column 19: expected YAML; '],
  ])('%s is refused with its place, naming nobody: %s', async (name, text, message) => {
    const error = (await parseRoster(text, name).catch((thrown: unknown) => thrown)) as Error;
    expect(error.message.startsWith(message)).toBe(true);
    expect(error.message).not.toMatch(/hunter/i);
  });
});
