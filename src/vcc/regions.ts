/** Vonage's regions for Contact Center accounts. */
export const regions = ['emea', 'nam', 'apac'] as const;
export type Region = (typeof regions)[number];

/** The two families of host names of the same API. The API reference uses `newvoicemedia`. */
export const hostFamilies = ['newvoicemedia', 'vonage'] as const;
export type HostFamily = (typeof hostFamilies)[number];

const domains: Record<HostFamily, string> = {
  newvoicemedia: 'newvoicemedia.com',
  vonage: 'cc.vonage.com',
};

/** Returns the address of the token endpoint of a region. */
export function tokenUrl(region: Region, family: HostFamily): string {
  return `https://${region}.${domains[family]}/Auth/connect/token`;
}

/** Returns the base address of the API of a region, without a path. */
export function apiUrl(region: Region, family: HostFamily): string {
  return `https://${region}.api.${domains[family]}`;
}
