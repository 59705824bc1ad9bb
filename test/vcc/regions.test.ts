import { expect, test } from '@jest/globals';
import { apiUrl, hostFamilies, regions, tokenUrl } from '../../src/vcc/regions.ts';

test('knows both addresses of every region in both host families', () => {
  const all = hostFamilies.flatMap((family) =>
    regions.map((region) => [tokenUrl(region, family), apiUrl(region, family)]),
  );
  expect(all).toEqual([
    ['https://emea.newvoicemedia.com/Auth/connect/token', 'https://emea.api.newvoicemedia.com'],
    ['https://nam.newvoicemedia.com/Auth/connect/token', 'https://nam.api.newvoicemedia.com'],
    ['https://apac.newvoicemedia.com/Auth/connect/token', 'https://apac.api.newvoicemedia.com'],
    ['https://emea.cc.vonage.com/Auth/connect/token', 'https://emea.api.cc.vonage.com'],
    ['https://nam.cc.vonage.com/Auth/connect/token', 'https://nam.api.cc.vonage.com'],
    ['https://apac.cc.vonage.com/Auth/connect/token', 'https://apac.api.cc.vonage.com'],
  ]);
});
