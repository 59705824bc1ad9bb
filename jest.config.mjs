export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/transform.mjs' },
  // Jest would leave one core to whoever waits.
  maxWorkers: '100%',
  // Servers of our own on loopback answer in milliseconds; this is for a busy machine.
  testTimeout: 20_000,
};
