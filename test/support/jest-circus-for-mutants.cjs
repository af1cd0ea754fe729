// Jest's own test runner, except for spec files that cannot kill a mutant: those without a test that reaches it, which
// Stryker's runner would still load, and those after the file that killed it.
const { existsSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');
const { default: run } = require('jest-circus/runner');

/** In Stryker's sandbox. A mutant that hangs is killed with its process, and the next process must learn of it here. */
const DRY_RUN = path.join(__dirname, 'dry-run.json');
const dryRun = new Map(existsSync(DRY_RUN) ? JSON.parse(readFileSync(DRY_RUN, 'utf8')) : []);
let killed;

module.exports = async function runOne(globalConfig, config, environment, runtime, testPath, ...rest) {
  const mutant = process.env['__STRYKER_ACTIVE_MUTANT__'];
  const known = dryRun.get(testPath);
  const isNeedless = mutant === killed || !reaches(known, globalConfig.testNamePattern);
  if (mutant !== undefined && known !== undefined && isNeedless) return skipped(known);
  const result = await run(globalConfig, config, environment, runtime, testPath, ...rest);
  if (mutant === undefined) remember(testPath, result);
  else if (result.numFailingTests > 0) killed = mutant;
  return result;
};

function remember(testPath, result) {
  dryRun.set(testPath, result);
  if (process.env['STRYKER_MUTATOR_WORKER'] !== undefined)
    writeFileSync(DRY_RUN, JSON.stringify([...dryRun]));
}

/** A mutant that is active before any test begins has no pattern, so every file may kill it. */
function reaches(known, pattern) {
  if (known === undefined || !pattern) return true;
  const wanted = new RegExp(pattern, 'i');
  return known.testResults.some(({ fullName }) => wanted.test(fullName));
}

function skipped(known) {
  const testResults = known.testResults.map((each) => ({ ...each, status: 'pending' }));
  return { ...known, testResults, numPassingTests: 0, numPendingTests: testResults.length };
}
