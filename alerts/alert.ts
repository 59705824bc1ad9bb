/** A length of time, as PromQL writes it and in seconds. */
export interface Duration {
  text: string;
  seconds: number;
}

/**
 * What a threshold is: a length of time, a length of time that is one of the exporter's bounds
 * (VCC_AGE_BOUNDS), a number, or a share from 0 to 1.
 */
export type Kind = 'duration' | 'bound' | 'number' | 'share';

/** The thresholds of an alert by name, as alerts/thresholds.yml has them. */
export type Thresholds<Kinds extends Readonly<Record<string, Kind>>> = {
  readonly [Name in keyof Kinds]: Kinds[Name] extends 'duration' | 'bound' ? Duration : number;
};

/** Thresholds of any alert. */
export type AnyThresholds = Readonly<Record<string, Duration | number>>;

/**
 * Gives the selector of a metric with these matchers, limited to the accounts or teams that the
 * thresholds are for.
 */
export type Select = (metric: string, matchers?: string) => string;

/** How an alert asks for a metric. */
export interface Ask {
  /** A selector, for a function over a range. */
  select: Select;
  /**
   * The newest sample, up to a few minutes old (`recent` in alerts/thresholds.yml). A plain
   * selector would find nothing after a scrape that failed: `for` would start again, and an alert
   * that fires would end and fire again.
   */
  latest: Select;
}

/** What an alert tells apart: its series are one for each of these. */
export type Scope = 'exporter' | 'account' | 'team';

/** Who has to know. */
export type Audience = 'supervisor' | 'sre';

/** How urgent it is: somebody is called now, looks today, or reads it in a digest. */
export type Severity = 'critical' | 'warning' | 'info';

/** An alert as declared; its thresholds come from alerts/thresholds.yml. */
export interface Alert {
  name: `Vcc${string}`;
  /** One sentence for docs/use/alerts.md, in the words of who reads it. */
  about: string;
  audience: Audience;
  severity: Severity;
  scope: Scope;
  /** Which thresholds it has, besides `for`. */
  kinds: Readonly<Record<string, Kind>>;
  /** What is wrong with thresholds that are each well by themselves. */
  objection?: (thresholds: AnyThresholds, forgottenAfter: Duration) => Objection | undefined;
  /** uid of the dashboard that shows it. */
  dashboard: string;
  /**
   * Templates of Prometheus; `$value` is the value of the expression. `$for` becomes how long it
   * has lasted at least, so that the sentence is true whatever `for` is. Other thresholds are not
   * to be named: those of an account or a team may differ.
   */
  summary: string;
  description: string;
  /** The condition for one set of thresholds; whatever series it gives are alerts. */
  expr: (thresholds: AnyThresholds, ask: Ask, common: Common) => string;
}

/** Which threshold cannot be as it is, and what it has to be. */
export interface Objection {
  key: string;
  expected: string;
}

/** A bound that an alert uses, for the accounts that `select` selects. */
export interface Bound {
  seconds: number;
  ask: Ask;
}

/** What holds for all alerts. */
export interface Common {
  /** Regular expression of the jobs that scrape the exporter. */
  job: string;
  /** Agents who have been away for longer than this have probably forgotten to log out. */
  forgottenAfter: Duration;
  /** How old the newest sample may be that {@link Ask.latest} finds, as a range of PromQL. */
  recent: string;
  /** The bounds that all alerts together use, each once. */
  bounds: readonly Bound[];
}

interface Declaration<Kinds extends Readonly<Record<string, Kind>>>
  extends Omit<Alert, 'kinds' | 'expr' | 'objection'> {
  kinds: Kinds;
  objection?: (thresholds: Thresholds<Kinds>, forgottenAfter: Duration) => Objection | undefined;
  expr: (thresholds: Thresholds<Kinds>, ask: Ask, common: Common) => string;
}

/** Declares an alert; its expression sees its own thresholds only. */
export function alert<const Kinds extends Readonly<Record<string, Kind>>>(
  declaration: Declaration<Kinds>,
): Alert {
  return declaration as unknown as Alert;
}
