/**
 * Returns the share of failed scrapes over all instances, by these labels. `up` selects vcc_up.
 */
export function failedShare(up: string, window: string, labels: string): string {
  const over = (how: string) => `sum by (${labels}) (${how}(${up}[${window}]))`;
  return `1 - ${over('sum_over_time')} / ${over('count_over_time')}`;
}
