const folder = process.env.MUTATED_FOLDER;

// One folder at a time, see docs/mutation-testing.md.
export default {
  testRunner: 'jest',
  jest: { configFile: 'jest.mutation.config.js' },
  mutate: [`src/api-keys/${folder}/**/*.ts`, '!src/**/*.spec.ts'],
  // Unit specs need none of these in their sandbox.
  ignorePatterns: [
    'bench',
    'coverage',
    'deploy',
    'dist',
    'docs',
    'samples',
    'scripts',
    'test/e2e',
    'test/integration',
  ],
  coverageAnalysis: 'perTest',
  // Most static code here decides: the formats of tokens, scopes and addresses, the tables of refusals.
  ignoreStatic: false,
  // swc does not check types.
  disableTypeChecks: false,
  // Endless loops are detected by a counter. The timeout only ends other hangs, and is long enough for a busy machine.
  timeoutMS: 15_000,
  concurrency: 1,
  incremental: true,
  incrementalFile: `reports/mutation/${folder}.json`,
  thresholds: { high: 95, low: 90, break: 85 },
  reporters: ['clear-text', 'progress'],
  clearTextReporter: { allowColor: false, reportTests: false, reportMutants: false },
};
