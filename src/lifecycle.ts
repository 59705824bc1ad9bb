/** A version of the exporter. */
export type Version = `${number}.${number}.${number}`;

/** Since when a metric or a setting exists, and what replaces it. RELEASE.md has the policy. */
export interface Lifecycle {
  /** The version that introduced it. Undefined: {@link firstRelease}. */
  since?: Version;
  /**
   * The version that deprecated it, and what to use instead. It works until the next major version.
   */
  deprecated?: { since: Version; instead: string };
}

/** The version that introduced everything without `since`. */
export const firstRelease: Version = '0.1.0';

/** Appends "Deprecated since VERSION, use …" to a text about something deprecated. */
export function withDeprecation(about: string, { deprecated }: Lifecycle): string {
  return deprecated ? `${about} Deprecated since ${deprecated.since}: use ${deprecated.instead}.` : about;
}
