/**
 * The share of failed scrapes of all instances together, apart by these labels. `up` selects
 * vcc_up.
 */
export function failedShare(up: string, window: string, labels: string): string {
  const over = (how: string) => `sum by (${labels}) (${how}(${up}[${window}]))`;
  return `1 - ${over('sum_over_time')} / ${over('count_over_time')}`;
}
