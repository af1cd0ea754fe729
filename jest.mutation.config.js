// What judges the mutants of one folder: its own unit specs. Stryker's jest runner knows no projects, and it loads every
// related spec anew for each mutant, so that others would cost much and tell little.
const { projects } = require('./jest.config.js');

const { displayName: _displayName, ...unit } = projects.find(({ displayName }) => displayName === 'unit');

module.exports = {
  ...unit,
  testRunner: '<rootDir>/test/support/jest-circus-for-mutants.cjs',
  testSequencer: '<rootDir>/test/support/quickest-first.cjs',
  testMatch: [`<rootDir>/src/api-keys/${process.env.MUTATED_FOLDER}/**/*.spec.ts`],
  // Seconds of random chains: too long to be run for each mutant.
  testPathIgnorePatterns: ['/delegation-chain\\.slow\\.spec\\.ts$'],
  setupFiles: ['<rootDir>/test/support/fixed-properties.ts'],
};
