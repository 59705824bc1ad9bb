/** A duration, in the notation of PromQL and in seconds. */
export interface Duration {
  text: string;
  seconds: number;
}

/** The exporter's bounds of ages (VCC_AGE_BOUNDS) and of waits in queues (VCC_QUEUE_BOUNDS). */
export type BoundKind = 'bound' | 'queue_bound';

/**
 * The type of a threshold. A `bound` or `queue_bound` is a duration that is one of the exporter's
 * bounds. A `share` is between 0 and 1.
 */
export type Kind = 'duration' | BoundKind | 'number' | 'share';

/** The thresholds of an alert by name, from alerts/thresholds.yml. */
export type Thresholds<Kinds extends Readonly<Record<string, Kind>>> = {
  readonly [Name in keyof Kinds]: Kinds[Name] extends 'duration' | BoundKind ? Duration : number;
};

/** Thresholds of any alert. */
export type AnyThresholds = Readonly<Record<string, Duration | number>>;

/**
 * Returns the selector of a metric with these matchers, for only those accounts, teams or queues
 * that have these thresholds.
 */
export type Select = (metric: string, matchers?: string) => string;

/** The two ways in which an alert selects a metric. */
export interface Ask {
  /** A selector, for a function over a range. */
  select: Select;
  /**
   * The newest sample, up to a few minutes old (`recent` in alerts/thresholds.yml). After a failed
   * scrape a plain selector would find nothing. Then `for` would start again, and a firing alert
   * would resolve and fire again.
   */
  latest: Select;
}

/** An alert has one series for each exporter, account, team or queue. */
export type Scope = 'exporter' | 'account' | 'team' | 'queue';

/** Who is notified. */
export type Audience = 'supervisor' | 'sre';

/** `critical` pages somebody now, `warning` is for today, and `info` is for a digest. */
export type Severity = 'critical' | 'warning' | 'info';

/** An alert as declared. Its thresholds are in alerts/thresholds.yml. */
export interface Alert {
  name: `Vcc${string}`;
  /** One or two sentences for docs/use/alerts.md, in the words of its audience. */
  about: string;
  audience: Audience;
  severity: Severity;
  scope: Scope;
  /** Its thresholds, besides `for`. */
  kinds: Readonly<Record<string, Kind>>;
  /** What is wrong with a combination of thresholds that are each valid. */
  objection?: (thresholds: AnyThresholds, forgottenAfter: Duration) => Objection | undefined;
  /** The uid of the dashboard that shows it. */
  dashboard: string;
  /**
   * Templates of Prometheus. `$value` is the value of the expression. `$for` becomes the duration
   * `for`, and `$for+recent` the sum of `for` and `recent`. Do not name other thresholds: those of
   * an account, a team or a queue may differ.
   */
  summary: string;
  description: string;
  /** The expression for one set of thresholds. Each series of its result is an alert. */
  expr: (thresholds: AnyThresholds, ask: Ask, common: Common) => string;
}

/** The threshold that is invalid, and what was expected. */
export interface Objection {
  key: string;
  expected: string;
}

/** A bound that an alert uses, for the accounts that `select` selects. */
export interface Bound {
  kind: BoundKind;
  seconds: number;
  ask: Ask;
}

/** Settings that all alerts share. */
export interface Common {
  /** Regular expression of the jobs that scrape the exporter. */
  job: string;
  /** Agents away for longer than this have probably forgotten to log out. */
  forgottenAfter: Duration;
  /** The range of {@link Ask.latest}, in PromQL. */
  recent: string;
  /** How often the rules are evaluated, in PromQL. */
  interval: string;
  /** All bounds that alerts use, each once. */
  bounds: readonly Bound[];
}

interface Declaration<Kinds extends Readonly<Record<string, Kind>>>
  extends Omit<Alert, 'kinds' | 'expr' | 'objection'> {
  kinds: Kinds;
  objection?: (thresholds: Thresholds<Kinds>, forgottenAfter: Duration) => Objection | undefined;
  expr: (thresholds: Thresholds<Kinds>, ask: Ask, common: Common) => string;
}

/** Declares an alert. Its expression can use only its own thresholds. */
export function alert<const Kinds extends Readonly<Record<string, Kind>>>(
  declaration: Declaration<Kinds>,
): Alert {
  return declaration as unknown as Alert;
}
