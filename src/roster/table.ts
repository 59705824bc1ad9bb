import { parseCsv } from '../documents/csv.ts';
import { isMapping, kindOf, parseYaml } from '../documents/yaml.ts';
import { RosterError } from './errors.ts';

/** A parsed roster: one record per agent. Column names are in snake_case. */
export interface RosterTable {
  columns: ReadonlySet<string>;
  agents: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

const idColumn = 'agent_id';

/**
 * Parses a roster. The extension of its name decides the format: CSV with a header, or a list of
 * mappings in YAML or JSON. The column agentId is required. Column names become snake_case:
 * `agentId` and `Agent ID` become `agent_id`.
 * @throws DocumentError with the row or item, without names or ids
 */
export async function parseRoster(text: string, name: string): Promise<RosterTable> {
  if (/\.csv$/i.test(name)) return fromCsv(text, name);
  if (/\.(ya?ml|json)$/i.test(name)) return fromYaml(text, name);
  throw new RosterError(`${name}: expected a name that ends in .csv, .yaml, .yml or .json`);
}

async function fromCsv(text: string, name: string): Promise<RosterTable> {
  const { columns, rows } = await parseCsv(text, name);
  const names = columns.map(toSnakeCase);
  const twice = names.findIndex((column, index) => names.indexOf(column) < index);
  if (twice >= 0) throw new RosterError(`${name}: ${describeColumn(names, twice)} occurs twice`);
  return collect(
    name,
    new Set(names),
    rows.map(({ row, cells }) => [
      `row ${row}`,
      Object.fromEntries(names.map((column, index) => [column, cells[index]!])),
    ]),
  );
}

async function fromYaml(text: string, name: string): Promise<RosterTable> {
  const list = await parseYaml(text, name);
  if (!Array.isArray(list))
    throw new RosterError(`${name}: expected a list of agents; received ${kindOf(list)}`);
  const columns = new Set<string>();
  const records = list.map((item, index): [string, Record<string, string>] => {
    const where = `[${index}]`;
    if (!isMapping(item)) {
      throw new RosterError(`${name}: ${where}: expected a mapping; received ${kindOf(item)}`);
    }
    const record: Record<string, string> = Object.create(null);
    const names = Object.keys(item).map(toSnakeCase);
    for (const [field, value] of Object.values(item).entries()) {
      const column = names[field]!;
      if (typeof value !== 'string') {
        throw new RosterError(
          `${name}: ${where}: expected ${describeColumn(names, field)} to be a text or number; received ${kindOf(value)}`,
        );
      }
      if (column in record) {
        throw new RosterError(`${name}: ${where}: ${describeColumn(names, field)} occurs twice`);
      }
      record[column] = value.trim();
      columns.add(column);
    }
    return [where, record];
  });
  return collect(name, columns, records);
}

function collect(
  name: string,
  columns: ReadonlySet<string>,
  records: readonly [string, Record<string, string>][],
): RosterTable {
  // An unfinished file, or the result of a failed query, must not replace a good roster.
  if (records.length === 0) throw new RosterError(`${name}: expected agents; received none`);
  if (!columns.has(idColumn)) throw new RosterError(`${name}: expected a column agentId`);
  const agents = new Map<string, Record<string, string>>();
  for (const [where, { [idColumn]: id, ...others }] of records) {
    if (!id) throw new RosterError(`${name}, ${where}: expected an agentId; received nothing`);
    if (agents.has(id))
      throw new RosterError(`${name}, ${where}: this agent has an earlier entry; remove one of them`);
    // Without a prototype, since a column may have the name of a member of Object.prototype.
    agents.set(id, Object.assign(Object.create(null), others));
  }
  return { columns, agents };
}

/** The columns of most rosters. */
const usualColumns = [idColumn, 'name', 'team', 'site'];

/**
 * Describes a column for messages. It names only the usual columns: in a file without a header, any
 * other name may be a person's.
 */
function describeColumn(names: readonly string[], index: number): string {
  const column = names[index]!;
  return usualColumns.includes(column) ? `the column ${column}` : `column ${index + 1}`;
}

/** Converts `agentId`, `Agent ID` and `agent-id` to `agent_id`. */
function toSnakeCase(name: string): string {
  return name
    .trim()
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1_$2')
    .replace(/[\s-]+/g, '_')
    .toLowerCase();
}
