import type { Parse } from './parse.ts';

/** One setting: everything that the code, the docs and the deployment need to know of it. */
export interface Setting<T> {
  /** Where it stands in docs/configuration.md. */
  section:
    | 'Account'
    | 'Several accounts'
    | 'Secrets Manager'
    | 'Who may scrape'
    | 'Reading'
    | 'Metrics'
    | 'Single agents'
    | 'Teams and names'
    | 'Push'
    | 'Destinations'
    | 'Local server';
  about: string;
  parse: Parse<T>;
  /** As it would be written; undefined: no value unless it is set. */
  fallback?: string | undefined;
  /** What is there when it is not set and has no fallback. */
  absent?: string | undefined;
  /** May hold a secret: its value is never quoted. */
  sensitive?: true;
  /** What it is called for one account of VCC_CONFIG; undefined: it holds for all accounts. */
  field?: string;
  /** What it is called for one destination of VCC_PUSH_DESTINATIONS. */
  destinationField?: string;
}

/** A setting whose value is known to be there when it has a fallback. */
export function setting<T, const D extends string | undefined = undefined>(
  definition: Setting<T> & { fallback?: D },
): Setting<T> & { fallback: D } {
  return definition as Setting<T> & { fallback: D };
}
