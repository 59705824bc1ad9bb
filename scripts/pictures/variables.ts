import type { Job } from './job.ts';
import { ask } from './prometheus.ts';

/** A variable of the dashboard with its chosen value. */
export interface Variable {
  name: string;
  label: string;
  /** The text in the toolbar. */
  text: string;
  /** The replacement in PromQL. */
  query: string;
  values: string[];
  hidden: boolean;
}

const all = '$__all';
const reference = /\$\{(\w+)(?::(\w+))?\}|\$(\w+)|\[\[(\w+)\]\]/g;

/** Resolves all variables in the order of the dashboard, since later ones may need earlier ones. */
export async function resolveVariables(job: Job, times: URLSearchParams): Promise<Variable[]> {
  const resolved: Variable[] = [];
  for (const model of job.dashboard.templating?.list ?? []) {
    const options = await optionsOf(model, resolved, times);
    const chosen = job.variables[model.name] ?? [model.current?.value ?? options[0] ?? ''].flat().map(String);
    const isAll = chosen.includes(all) || (chosen.includes('All') && model.includeAll);
    const values = isAll ? options : chosen;
    const plain = isAll && model.allValue ? model.allValue : undefined;
    const quoted = model.multi || model.includeAll ? values.map(quote) : values;
    const alternatives = quoted.length === 1 ? quoted[0]! : `(${quoted.join('|')})`;
    resolved.push({
      name: model.name,
      label: model.label || model.name,
      text: isAll ? 'All' : values.map((value) => (value === '' ? 'None' : value)).join(' + '),
      query: plain ?? alternatives,
      values,
      hidden: model.hide === 2,
    });
  }
  return resolved;
}

/** Replaces `$name`, `${name}`, `${name:format}` and `[[name]]`. Unknown names stay. */
export function replaceVariables(
  text: string,
  variables: readonly Variable[],
  more: Record<string, string> = {},
  shown?: 'shown',
): string {
  return text.replace(reference, (match, braced, format, plain, brackets) => {
    const name = braced ?? plain ?? brackets;
    if (more[name] !== undefined) return more[name];
    const variable = variables.find((each) => each.name === name);
    if (!variable) return match;
    const { query, values, text: label } = variable;
    if (shown || format === 'text') return label;
    if (format === 'csv' || format === 'raw') return values.join(',');
    if (format === 'pipe') return values.join('|');
    return query;
  });
}

// biome-ignore lint/suspicious/noExplicitAny: as read from the file
async function optionsOf(model: any, known: readonly Variable[], times: URLSearchParams): Promise<string[]> {
  if (model.type === 'custom' || model.type === 'interval') return String(model.query).split(/\s*,\s*/);
  if (model.type === 'datasource') return ['default'];
  if (model.type !== 'query') return [String(model.query ?? '')];
  const query = replaceVariables(model.query?.query ?? model.query ?? model.definition, known);
  const [, selector, label] = /^label_values\((?:(.+),)?\s*([^,)]+)\)$/s.exec(query.trim()) ?? [];
  if (label === undefined)
    throw new Error(`variable ${model.name}: only label_values() is supported; received ${query}`);
  const params = new URLSearchParams(times);
  if (selector) params.set('match[]', selector.trim());
  const values: string[] = await ask(`label/${label.trim()}/values`, params);
  const filter = model.regex ? new RegExp(model.regex.replace(/^\/|\/$/g, '')) : /(?:)/;
  const found = values.flatMap((value) => {
    const match = filter.exec(value);
    return match ? [match[1] ?? value] : [];
  });
  return [...new Set(found)].sort((a, b) => a.localeCompare(b));
}

/**
 * Escapes a value for a regular expression in a string, as Grafana's Prometheus data source does.
 */
const quote = (value: string) => value.replace(/\\/g, '\\\\\\\\').replace(/[$^*{}[\]'+?.()|]/g, '\\\\$&');
