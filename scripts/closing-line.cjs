const { appendFileSync } = require('node:fs');

/**
 * A Jest reporter that ends a run with one plain line for programs that read the output. In the gate, which has several
 * runs, it also appends the counts to the file GATE_COUNTS, and .ci/run prints their sum.
 */
module.exports = class ClosingLine {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) {
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    const { GATE_COUNTS: file } = process.env;
    if (file) appendFileSync(file, `${numPassedTests} ${failed}\n`);
    process.on('exit', () => process.stdout.write(`${numPassedTests} passed, ${failed} failed\n`));
  }
};
