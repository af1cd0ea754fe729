// Runs the unit specs of one folder against its mutants. Stryker's jest runner does not support projects, and loads every
// related spec again for each mutant, so specs of other folders would cost much and find little.
const { projects } = require('./jest.config.js');

const { displayName: _displayName, ...unit } = projects.find(({ displayName }) => displayName === 'unit');

module.exports = {
  ...unit,
  testRunner: '<rootDir>/test/support/jest-circus-for-mutants.cjs',
  testSequencer: '<rootDir>/test/support/quickest-first.cjs',
  testMatch: [`<rootDir>/src/api-keys/${process.env.MUTATED_FOLDER}/**/*.spec.ts`],
  // Seconds of random operations, too long for each mutant.
  testPathIgnorePatterns: ['/delegation-chain\\.slow\\.spec\\.ts$'],
  setupFiles: ['<rootDir>/test/support/fixed-properties.ts'],
};
