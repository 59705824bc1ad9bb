/**
 * Returns the share of failed scrapes over all instances, by these labels. `up` selects vcc_up.
 */
export function failedShare(up: string, window: string, labels: string): string {
  const over = (how: string) => `sum by (${labels}) (${how}(${up}[${window}]))`;
  return `1 - ${over('sum_over_time')} / ${over('count_over_time')}`;
}

/** The matcher of customers: an agent who waits for a transfer is none. */
export const customers = 'party_role!="Agent"';
/**
 * Matchers of the metrics of a queue's window: customers who were offered to agents, by Vonage's
 * formula of the service level.
 */
export const offered = `category=~"Answered|Abandoned|Breakout", ${customers}`;
/** The same for customers who were answered. */
export const answered = `category="Answered", ${customers}`;
/** The same for customers who gave up. */
export const abandoned = `category="Abandoned", ${customers}`;
