export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test/e2e'],
  testMatch: ['**/*.e2e.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/test/support/transform.mjs' },
  // One after the other: each has several processes of its own.
  maxWorkers: 1,
  // Every wait inside is bounded and says what it waited for; this is the last resort.
  testTimeout: 200_000,
  // Titles say why something is skipped.
  verbose: true,
};
