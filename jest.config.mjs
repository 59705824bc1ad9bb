export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/transform.mjs' },
  // By default Jest leaves one core unused.
  maxWorkers: '100%',
  // Our servers on loopback answer in milliseconds. A busy machine needs more time.
  testTimeout: 20_000,
};
