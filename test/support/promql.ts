import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { catalogue } from '../../src/catalogue/index.ts';

/** Which series an expression asks for. */
export interface Selector {
  /** Empty where it is only in a matcher of `__name__`. */
  metric: string;
  matchers: { label: string; op: string; value: string }[];
}

/** What an expression is made of. */
export interface Expression {
  selectors: Selector[];
  /** Labels in by, without, on, ignoring, group_left and group_right. */
  groupingLabels: string[];
  /** Labels that label_replace and label_join make. */
  madeLabels: string[];
  /** The functions that a range is given to, with the range. */
  ranges: { of: string; range: string }[];
}

/** Takes an expression apart by Prometheus' own grammar. @throws SyntaxError with the place that it does not understand */
export function takeApart(text: string): Expression {
  const parsed: Expression = { selectors: [], groupingLabels: [], madeLabels: [], ranges: [] };
  const textOf = ({ from, to }: { from: number; to: number }) => text.slice(from, to);
  const selectorOf = (node: SyntaxNode): Selector => {
    const name = node.getChild('Identifier') ?? node.getChild('QuotedLabelName');
    const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
    return {
      metric: name ? textOf(name) : '',
      matchers: matchers.map((matcher) => ({
        label: textOf(matcher.getChild('LabelName')!),
        op: textOf(matcher.getChild('MatchOp')!),
        value: JSON.parse(textOf(matcher.getChild('StringLiteral')!)) as string,
      })),
    };
  };
  const tree = parser.parse(text);
  tree.iterate({
    enter({ type, from }) {
      if (type.isError) throw new SyntaxError(`does not parse at ${from}: ${text.slice(from, from + 40)}`);
    },
  });
  tree.iterate({
    enter({ type, node }) {
      if (type.name === 'VectorSelector') parsed.selectors.push(selectorOf(node));
      if (type.name === 'GroupingLabels')
        parsed.groupingLabels.push(...node.getChildren('LabelName').map(textOf));
      if (type.name === 'FunctionCall') {
        const name = textOf(node.getChild('FunctionIdentifier')!);
        const body = node.getChild('FunctionCallBody')!;
        if (/^label_/.test(name)) {
          parsed.madeLabels.push(JSON.parse(textOf(body.getChildren('StringLiteral')[0]!)) as string);
        }
        for (const matrix of body.getChildren('MatrixSelector')) {
          parsed.ranges.push({ of: name, range: textOf(matrix).replace(/^.*\[/s, '[') });
        }
      }
    },
  });
  return parsed;
}

/** Labels that Prometheus gives to what it scrapes. */
export const targetLabels = ['job', 'instance'];

/**
 * What is wrong with the names in an expression: metrics that neither the exporter nor one of `recorded` has, and labels that the
 * metric does not have.
 */
export function strangersIn(
  text: string,
  recorded: Readonly<Record<string, readonly string[]>> = {},
): string[] {
  const { selectors, groupingLabels, madeLabels } = takeApart(text);
  const strangers: string[] = [];
  const known = new Set<string>([...targetLabels, ...madeLabels]);
  for (const { metric, matchers } of selectors) {
    const labels = metric === '' ? everyLabel() : (labelsOf(metric) ?? recorded[metric]);
    if (!labels) {
      strangers.push(`no metric ${metric}`);
      continue;
    }
    for (const label of labels) known.add(label);
    for (const { label } of matchers) {
      const named = label === '__name__' && metric === '';
      if (!named && ![...labels, ...targetLabels].includes(label))
        strangers.push(`${metric} has no label ${label}`);
    }
  }
  return [
    ...strangers,
    ...groupingLabels
      .filter((label) => !known.has(label))
      .map((label) => `nothing here has a label ${label}`),
  ];
}

const everyLabel = () => [...new Set(catalogue.flatMap(({ labelNames }) => labelNames))];

/** The labels of a metric of the exporter or of Prometheus itself, besides job and instance. */
export function labelsOf(name: string): readonly string[] | undefined {
  if (name === 'up') return [];
  const [, base, part] = /^(.*?)(_bucket|_gcount|_gsum)?$/.exec(name)!;
  const metric = catalogue.find((each) => each.name === base);
  if (!metric || (metric.type === 'gaugehistogram') !== (part !== undefined)) return undefined;
  return part === '_bucket' ? [...metric.labelNames, 'le'] : metric.labelNames;
}
