import { parse } from '@babel/parser';

/** A text of a file, with the number of its first line. */
export interface Passage {
  readonly line: number;
  readonly text: string;
}

/** Joins comments in consecutive lines, since a sentence continues over them. */
function joined(comments: readonly (Passage & { readonly column: number })[]): Passage[] {
  const passages: { line: number; column: number; text: string; next: number }[] = [];
  for (const { line, column, text } of comments) {
    const last = passages.at(-1);
    if (last?.next === line && last.column === column) {
      last.text += `\n${text}`;
      last.next += 1;
    } else passages.push({ line, column, text, next: line + 1 });
  }
  return passages;
}

interface Node {
  readonly type: string;
  readonly loc?: { readonly start: { readonly line: number; readonly column: number } } | null;
}

const at = ({ loc }: Node) => ({ line: loc!.start.line, column: loc!.start.column });

/** The texts of a tree of code: strings, and templates with `…` for each expression in them. */
function stringsIn(value: unknown): Passage[] {
  if (typeof value !== 'object' || value === null) return [];
  const node = value as Node & {
    readonly value?: unknown;
    readonly quasis?: readonly { value: { cooked?: string } }[];
  };
  const text =
    node.type === 'TemplateLiteral'
      ? node.quasis!.map(({ value }) => value.cooked ?? '').join('…')
      : node.type === 'StringLiteral' && String(node.value);
  const own = typeof text === 'string' ? [{ line: at(node).line, text }] : [];
  return [...own, ...Object.values(value).flatMap(stringsIn)];
}

/** Whether a text is for people: several words, and not a program or a style sheet. */
const isProse = (text: string) => /(?:\p{L}+[,.:;]? ){4}/u.test(text) && !/[;{}]\s*$|^\s*import /m.test(text);

/**
 * The comments of a file of TypeScript or JavaScript without their marks, and its texts of several
 * words.
 */
function passagesOfCode(path: string, code: string): Passage[] {
  const tree = parse(code, {
    sourceType: 'unambiguous',
    plugins: path.endsWith('x') ? ['typescript', 'jsx'] : ['typescript'],
    errorRecovery: true,
  });
  const comments = (tree.comments ?? []) as readonly (Node & { readonly value: string })[];
  const ofType = (type: string) => comments.filter((comment) => comment.type === type);
  return [
    ...joined(ofType('CommentLine').map((comment) => ({ ...at(comment), text: comment.value.trim() }))),
    ...ofType('CommentBlock').map((comment) => ({
      line: at(comment).line,
      text: comment.value.replace(/^\s*\*+ ?/gm, '').trim(),
    })),
    ...stringsIn(tree.program).filter(({ text }) => isProse(text)),
  ];
}

/**
 * The comments after `#`, of YAML, shell, Terraform, Dockerfile and the like, each in a separate
 * line.
 */
function commentsOfLines(text: string): Passage[] {
  return joined(
    text.split(/\r?\n/).flatMap((content, index) => {
      const [, indent, comment] = /^(\s*)#+(?!!)\s?(.*)$/.exec(content) ?? [];
      return comment === undefined ? [] : [{ line: index + 1, column: indent!.length, text: comment }];
    }),
  );
}

/** The texts for people in a file of code or of settings. The name gives its format. */
export function passagesOf(path: string, text: string): Passage[] {
  return /\.[cm]?[jt]sx?$/.test(path) ? passagesOfCode(path, text) : commentsOfLines(text);
}
