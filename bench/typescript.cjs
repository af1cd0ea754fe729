// Lets Node load this tree's TypeScript as compiled by `tsc`, so that the shipped code is measured. The compiler runs
// in its own process, because its heap would be measured too.
const { execFileSync } = require('node:child_process');
const { readFileSync, statSync } = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');

/** The folder for the output of `emit.cjs`. */
function emittedFile(fileName) {
  return path.join(
    ROOT,
    'node_modules/.cache/keyward-bench',
    path.relative(ROOT, fileName).replace(/\.ts$/, '.js'),
  );
}

function isEmitted(fileName) {
  const emitted = statSync(emittedFile(fileName), { throwIfNoEntry: false });
  return emitted !== undefined && emitted.mtimeMs > statSync(fileName).mtimeMs;
}

require.extensions['.ts'] = (module, fileName) => {
  if (!isEmitted(fileName)) execFileSync(process.execPath, [path.join(__dirname, 'emit.cjs')]);
  // oxlint-disable-next-line no-underscore-dangle -- Node calls it so
  module._compile(readFileSync(emittedFile(fileName), 'utf8'), fileName);
};

module.exports = { ROOT, emittedFile, isEmitted };
