export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test/e2e'],
  testMatch: ['**/*.e2e.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/transform.mjs' },
  // One file at a time, since each starts several processes.
  maxWorkers: 1,
  // A last resort. Every wait in a test has a shorter timeout, with a message.
  testTimeout: 200_000,
  // Show the titles of skipped tests, since they contain the reason.
  verbose: true,
};
