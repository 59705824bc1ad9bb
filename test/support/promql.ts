import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { allMetrics } from '../../src/catalogue/all.ts';

/** The series that an expression selects. */
export interface Selector {
  /** Empty where it is only in a matcher of `__name__`. */
  metric: string;
  matchers: { label: string; op: string; value: string }[];
}

/** The parts of an expression. */
export interface Expression {
  selectors: Selector[];
  /** The functions that are applied to a range, with the range. */
  ranges: { of: string; range: string }[];
}

/**
 * Parses an expression with Prometheus' own grammar.
 * @throws SyntaxError with the place of the error
 */
export function takeApart(text: string): Expression {
  const parsed: Expression = { selectors: [], ranges: [] };
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
      if (type.name === 'FunctionCall') {
        const name = textOf(node.getChild('FunctionIdentifier')!);
        const body = node.getChild('FunctionCallBody')!;
        for (const matrix of body.getChildren('MatrixSelector')) {
          parsed.ranges.push({ of: name, range: textOf(matrix).replace(/^.*\[/s, '[') });
        }
      }
    },
  });
  return parsed;
}

/** Labels that Prometheus adds to each scraped series. */
export const targetLabels = ['job', 'instance'];

/** The labels of a metric of the exporter or of Prometheus itself, besides job and instance. */
export function labelsOf(name: string): readonly string[] | undefined {
  if (name === 'up') return [];
  return allMetrics.find((each) => each.name === name)?.labelNames;
}

/**
 * The expressions in a page's blocks of PromQL. Each line begins one, unless it continues the last
 * with an operator.
 */
export function expressionsIn(markdown: string): string[] {
  return [...markdown.matchAll(/```promql\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    block!
      .split(/\n(?= *[a-z])(?! *(?:and|or|unless) )/)
      .map((expression) => expression.trim())
      .filter((expression) => expression !== ''),
  );
}
