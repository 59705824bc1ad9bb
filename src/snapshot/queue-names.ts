import type { NamePattern } from './name-pattern.ts';
import { OpenSet } from './open-set.ts';

/** Which queues have series, and how names become labels. */
export interface NameOptions {
  include: NamePattern | undefined;
  exclude: NamePattern | undefined;
  /** Returns the label of a name that looks like a phone number or an e-mail address. */
  labelOfNumber(name: string): string;
}

/** At least this many digits make a name without letters look like a phone number. */
const leastDigits = 5;

/**
 * Whether the name of a queue or an interaction plan looks like a phone number, or has a word that
 * looks like an e-mail address. In some accounts the name of a plan is the number that customers
 * dial. Each step takes linear time: a name may have any length.
 */
export function looksLikeNumber(name: string): boolean {
  if (name.split(/\s/).some((word) => word.slice(1, -1).includes('@'))) return true;
  // Digits of any script, with any signs. Only the usual prefixes and extensions have letters.
  const number = name.replace(/(?:tel|sips?|callto|sms|whatsapp):([^;]*).*/is, '$1').replace(/ext|x/gi, '');
  return !/\p{L}/u.test(number) && (number.match(/\p{N}/gu)?.length ?? 0) >= leastDigits;
}

/** An open set of words about customers. One that looks like a number or an address is `other`. */
export class QueueWords extends OpenSet {
  override label(word: string): string {
    return this.isKnown(word) || !looksLikeNumber(word) ? super.label(word) : 'other';
  }
}

/** Returns the label of a name of a queue or plan. */
export function toNameLabel(name: string, { labelOfNumber }: NameOptions): string {
  return looksLikeNumber(name) ? labelOfNumber(name) : name;
}

/** Whether a queue has series. */
export function isIncluded(queue: string, { include, exclude }: NameOptions): boolean {
  return (include === undefined || include.test(queue)) && !exclude?.test(queue);
}
