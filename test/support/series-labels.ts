import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { allMetrics } from '../../src/catalogue/all.ts';
import { labelsOf, type Selector, takeApart, targetLabels } from './promql.ts';

/** The labels of series, as far as they can be known. */
export interface Labels {
  names: ReadonlySet<string>;
  /** Whether there may be others, which the user names. */
  open: boolean;
}

/**
 * The labels of an expression's resulting series; undefined for a number. Also its impossible
 * parts: missing labels that it uses, and sides of an operator that never match, since their labels
 * differ.
 * @throws SyntaxError where it does not parse
 */
export function followLabels(expr: string): { labels: Labels | undefined; problems: string[] } {
  takeApart(expr);
  const follower = new Follower(expr);
  const labels = follower.follow(parser.parse(expr).topNode.firstChild!);
  return { labels, problems: follower.problems };
}

/** The impossible parts of an expression. @throws SyntaxError where it does not parse */
export const problemsIn = (expr: string) => followLabels(expr).problems;

/** Whether series with these labels have this one. */
export const hasLabel = ({ names, open }: Labels, name: string) => open || names.has(name);

const closed = (names: Iterable<string>): Labels => ({ names: new Set(names), open: false });
const without = ({ names, open }: Labels, dropped: readonly string[]): Labels => ({
  names: new Set([...names].filter((name) => !dropped.includes(name))),
  open,
});
const listOf = ({ names }: Labels) => [...names].sort().join(', ');

/** Aggregations that pass series through unchanged. */
const choosing = ['topk', 'bottomk', 'limitk', 'limit_ratio'];

class Follower {
  readonly problems: string[] = [];
  readonly #expr: string;

  constructor(expr: string) {
    this.#expr = expr;
  }

  follow(node: SyntaxNode): Labels | undefined {
    if (node.name === 'VectorSelector') return this.#ofSelector(node);
    if (node.name === 'AggregateExpr') return this.#ofAggregation(node);
    if (node.name === 'FunctionCall') return this.#ofCall(node);
    if (node.name === 'BinaryExpr') return this.#ofOperation(node);
    // Parentheses, ranges, offsets and signs change no label.
    return this.#firstOf(childrenOf(node));
  }

  #ofSelector(node: SyntaxNode): Labels {
    const [selector] = takeApart(this.#text(node)).selectors;
    const { metric, matchers } = selector!;
    if (metric === '') return this.#ofAnyNamed(matchers);
    const known = labelsOf(metric);
    if (!known) this.problems.push(`no metric ${metric}`);
    const open = !known || allMetrics.some(({ name, openLabels }) => name === metric && openLabels);
    const labels = { names: new Set([...targetLabels, ...(known ?? [])]), open };
    for (const { label } of matchers) this.#need(labels, label, metric);
    return labels;
  }

  /** A selector by `__name__` may find any metric. This method ignores their common labels. */
  #ofAnyNamed(matchers: Selector['matchers']): Labels {
    const pattern = matchers.find(({ label }) => label === '__name__')?.value;
    const name = new RegExp(`^(?:${pattern ?? ''})$`);
    const found = allMetrics.filter((metric) => name.test(metric.name));
    if (found.length === 0) this.problems.push(`no metric ${pattern}`);
    return closed([...targetLabels, ...found.flatMap(({ labelNames }) => labelNames)]);
  }

  #ofAggregation(node: SyntaxNode): Labels | undefined {
    const inner = this.#firstOf(childrenOf(node.getChild('FunctionCallBody')));
    const modifier = node.getChild('AggregateModifier');
    const names = this.#listed(modifier?.getChild('GroupingLabels'));
    if (!inner) return undefined;
    for (const name of names) this.#need(inner, name, this.#text(modifier!));
    if (choosing.includes(this.#text(node.getChild('AggregateOp')!))) return inner;
    return modifier?.getChild('Without') ? without(inner, names) : closed(names);
  }

  #ofCall(node: SyntaxNode): Labels | undefined {
    const name = this.#text(node.getChild('FunctionIdentifier')!);
    const args = childrenOf(node.getChild('FunctionCallBody'));
    const inner = this.#firstOf(args);
    if (name === 'vector') return closed([]);
    if (!inner || name === 'scalar') return undefined;
    if (name === 'label_replace' || name === 'label_join') {
      const texts = args.filter((each) => each.name === 'StringLiteral').map((each) => this.#unquoted(each));
      const [made, , ...rest] = texts;
      // The last of label_replace is its regular expression.
      for (const from of name === 'label_replace' ? rest.slice(0, 1) : rest) this.#need(inner, from, name);
      return { names: new Set([...inner.names, made!]), open: inner.open };
    }
    if (name.startsWith('absent')) {
      const matchers = takeApart(this.#text(node)).selectors.flatMap((each) => each.matchers);
      return closed(matchers.filter(({ op }) => op === '=').map(({ label }) => label));
    }
    return inner;
  }

  #ofOperation(node: SyntaxNode): Labels | undefined {
    const [left, right] = [this.follow(node.firstChild!), this.follow(node.lastChild!)];
    if (!left || !right) return left ?? right;
    const operator = this.#text(node.firstChild!.nextSibling!);
    const clause = node.getChild('MatchingModifierClause');
    const isOn = clause?.getChild('On') != null;
    const many = clause?.getChild('GroupLeft') ?? clause?.getChild('GroupRight');
    const lists = clause?.getChildren('GroupingLabels') ?? [];
    const names = this.#listed(lists.find(({ from }) => !many || from < many.from));

    const either = { names: new Set([...left.names, ...right.names]), open: left.open || right.open };
    for (const side of isOn ? [left, right] : [either]) {
      for (const name of names) this.#need(side, name, this.#text(clause!));
    }
    const [ofLeft, ofRight] = [left, right].map((side) => listOf(without(side, names)));
    // `or` adds series of any labels. No others match, except with the same labels.
    if (operator !== 'or' && !isOn && !either.open && ofLeft !== ofRight) {
      this.problems.push(`${operator} never matches: (${ofLeft}) and (${ofRight})`);
    }
    if (operator === 'or') return closed([...left.names].filter((name) => hasLabel(right, name)));
    if (operator === 'and' || operator === 'unless') return left;
    if (many) {
      const [side, other] = many.name === 'GroupLeft' ? [left, right] : [right, left];
      const copied = this.#listed(lists.find(({ from }) => from > many.from));
      for (const name of copied) this.#need(other, name, this.#text(clause!));
      return { names: new Set([...side.names, ...copied]), open: side.open };
    }
    return isOn ? closed(names) : without(left, names);
  }

  /** Of the first argument that is no number or text. */
  #firstOf(nodes: readonly SyntaxNode[]): Labels | undefined {
    return nodes.map((each) => this.follow(each)).find((labels) => labels !== undefined);
  }

  #need(labels: Labels, name: string | undefined, where: string): void {
    if (name === undefined || !hasLabel(labels, name)) this.problems.push(`no label ${name}: ${where}`);
  }

  #listed(list: SyntaxNode | null | undefined): string[] {
    return childrenOf(list).map((each) => this.#unquoted(each));
  }

  #unquoted(node: SyntaxNode): string {
    const text = this.#text(node);
    return text.startsWith('"') ? (JSON.parse(text) as string) : text;
  }

  #text({ from, to }: SyntaxNode): string {
    return this.#expr.slice(from, to);
  }
}

function childrenOf(node: SyntaxNode | null | undefined): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node?.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}
