// Jest's own test runner, but for what can tell nothing of a mutant: spec files without a test that reaches it, which
// Stryker's runner would load all the same, and whatever comes after the file that killed it.
const { default: run } = require('jest-circus/runner');

const dryRun = new Map();
let killed;

module.exports = async function runOne(globalConfig, config, environment, runtime, testPath, ...rest) {
  const mutant = process.env['__STRYKER_ACTIVE_MUTANT__'];
  const known = dryRun.get(testPath);
  const isNeedless = mutant === killed || !reaches(known, globalConfig.testNamePattern);
  if (mutant !== undefined && known !== undefined && isNeedless) return skipped(known);
  const result = await run(globalConfig, config, environment, runtime, testPath, ...rest);
  if (mutant === undefined) dryRun.set(testPath, result);
  else if (result.numFailingTests > 0) killed = mutant;
  return result;
};

/** A mutant that is at work before any test begins has no pattern: every file may tell of it. */
function reaches(known, pattern) {
  if (known === undefined || !pattern) return true;
  const wanted = new RegExp(pattern, 'i');
  return known.testResults.some(({ fullName }) => wanted.test(fullName));
}

function skipped(known) {
  const testResults = known.testResults.map((each) => ({ ...each, status: 'pending' }));
  return { ...known, testResults, numPassingTests: 0, numPendingTests: testResults.length };
}
