/** Vonage's regions for Contact Center accounts. */
export const regions = ['emea', 'nam', 'apac'] as const;
export type Region = (typeof regions)[number];

/** The two families of host names under which the same API is served; the reference page uses `newvoicemedia`. */
export const hostFamilies = ['newvoicemedia', 'vonage'] as const;
export type HostFamily = (typeof hostFamilies)[number];

const domains: Record<HostFamily, string> = {
  newvoicemedia: 'newvoicemedia.com',
  vonage: 'cc.vonage.com',
};

/** Where tokens are issued in a region. */
export function tokenUrl(region: Region, family: HostFamily): string {
  return `https://${region}.${domains[family]}/Auth/connect/token`;
}

/** Base address of the API in a region; `/stats/agent-status` is below it. */
export function apiUrl(region: Region, family: HostFamily): string {
  return `https://${region}.api.${domains[family]}`;
}
