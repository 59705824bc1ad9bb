import { readFileSync } from 'node:fs';

/** A block of commands, or of a file's content, in a document. */
export interface Block {
  /** The text after the opening fence: sh, yaml, ini. */
  language: string;
  text: string;
}

/** The fenced blocks of a document in their order, without the indentation of lists. */
export function blocksOf(path: string): Block[] {
  const document = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
  return [...document.matchAll(/^( *)```(\w*)\n(.*?)^\1```$/gms)].map(([, indent, language, text]) => ({
    language: language!,
    text: text!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}
