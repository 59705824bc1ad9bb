import type { Lifecycle } from '../lifecycle.ts';
import type { Parse } from './parse.ts';

/** The definition of one setting, for the code, the docs and the deployment. */
export interface Setting<T> extends Lifecycle {
  /** Its section in docs/reference/settings.md. */
  section:
    | 'Account'
    | 'Several accounts'
    | 'Secrets Manager'
    | 'Who may scrape'
    | 'Reading'
    | 'Metrics'
    | 'Single agents'
    | 'Teams and names'
    | 'Queues and skills'
    | 'Push'
    | 'Destinations'
    | 'Local server';
  about: string;
  parse: Parse<T>;
  /** The default, as text. Undefined: no value unless it is set. */
  fallback?: string | undefined;
  /** For the docs: the behaviour when it is not set and has no default. */
  absent?: string | undefined;
  /** May contain a secret. */
  sensitive?: true;
  /** Its field in an account of VCC_CONFIG. Undefined when it applies to all accounts. */
  field?: string;
  /** Its field in a destination of VCC_PUSH_DESTINATIONS. */
  destinationField?: string;
}

/** Defines a setting. Its type shows whether it has a default, and so always a value. */
export function setting<T, const D extends string | undefined = undefined>(
  definition: Setting<T> & { fallback?: D },
): Setting<T> & { fallback: D } {
  return definition as Setting<T> & { fallback: D };
}
