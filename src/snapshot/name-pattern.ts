/** A regular expression (RE2) that must match a whole name. */
export interface NamePattern {
  readonly source: string;
  test(text: string): boolean;
}
