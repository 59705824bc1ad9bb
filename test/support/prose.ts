import { TextlintKernel } from '@textlint/kernel';
import markdown from '@textlint/textlint-plugin-markdown';
import type { TextlintRuleModule } from '@textlint/types';
import { splitAST } from 'sentence-splitter';
import terminology from 'textlint-rule-terminology';

/** The maximum number of words in a sentence. */
const longest = 35;

/** Words that stop a new reader, as regular expressions, and their replacement. */
const plain: readonly (readonly [string, string])[] = [
  ['(?<!\\d)’', "'"],
  ['(?<!\\d)[“”]', '"'],
  ['shall', 'must, or will'],
  ['whoever', 'anyone who'],
  ['befell|befallen', 'happened to'],
  ['goes before', 'takes precedence'],
  ['(?:is|are|be|was|were|been|gets?) (?:not |never |also |only )?asked', 'requested, or read'],
  ['(?:so|at least so|at most so) (?:many|much)', 'the number, or its name'],
  ['those of them|as it came|in good hands|of a kind|the one that', 'the name of the thing'],
  ['mend(?:s|ed|ing)?', 'fix'],
  ['(?:hold|holds|held|holding) (?:it |them |this )?against', 'compare with'],
  ['tells?|told', 'report, or say'],
  ['wants|wanted', 'need, or require'],
  ['(?<!no )\\bsuch\\b(?! as)', 'this kind of'],
  ['(?:a|each|every|one|per|this|next|last|the first) looks?', 'scrape, or read'],
  ['stand-ins?|invented|fakes?|faked', 'simulator'],
  ['for good', 'permanently'],
  ['thus|hence|thereof|therein|hereby', 'so'],
  ['alike', 'the same'],
];

/** A rule of textlint: how long a sentence may be. Code counts as one word. */
const sentenceLength: TextlintRuleModule = ({ Syntax, RuleError, report }) => {
  const check = (node: Parameters<typeof splitAST>[0]) => {
    for (const sentence of splitAST(node).children) {
      if (sentence.type !== 'Sentence') continue;
      const words = sentence.children
        .map((part) => (part.type === 'Code' ? 'code' : part.raw))
        .join('')
        .split(/\s+/)
        .filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
      if (words > longest)
        report(
          sentence as never,
          new RuleError(`a sentence of ${words} words, more than ${longest}: ${sentence.raw}`),
        );
    }
  };
  return { [Syntax.Paragraph]: check, [Syntax.TableCell]: check, [Syntax.Header]: check } as never;
};

/** The columns of a line of prose. Tables, code, headings, links and pictures cannot be wrapped. */
const widest = 100;

/** Lines of a page, or comments of a file of code, that are too long: `LINE: problem`, in order. */
export function wideLines(path: string, text: string): string[] {
  const page = path.endsWith('.md');
  const lines = (
    page ? text.replace(/^( *)```[\s\S]*?^\1```/gm, (code) => code.replace(/.+/g, '')) : text
  ).split('\n');
  return lines.flatMap((line, index) => {
    const prose = page ? /^(?!\s*[|#<!]|\s*\[!|.*-->)/.test(line) : /^\s*(?:\/\/|\/\*\*|\*|#)\s/.test(line);
    const wide = line.length > widest && /\S\s+\S/.test(line.replace(/^\s*(?:[-*#]|\/[/*]+|\d+\.)?\s+/, ''));
    return prose && wide ? [`${index + 1}: a line of ${line.length} columns, more than ${widest}`] : [];
  });
}

const kernel = new TextlintKernel();

/** What is wrong with the prose of a text in Markdown: `LINE: problem`, in order. */
export async function problemsOfProse(text: string, firstLine = 1): Promise<string[]> {
  const { messages } = await kernel.lintText(text, {
    ext: '.md',
    plugins: [
      { pluginId: 'markdown', plugin: (markdown as { default?: never }).default ?? (markdown as never) },
    ],
    rules: [
      { ruleId: 'sentence-length', rule: sentenceLength },
      {
        ruleId: 'terminology',
        rule: terminology.linter,
        options: { defaultTerms: false, skip: [], terms: plain },
      },
    ],
  });
  return messages.map(({ line, message }) => `${firstLine + line - 1}: ${message}`);
}
