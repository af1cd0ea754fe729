// Suites that measure memory run first, while the heaps of their workers are small: a collection of a large heap takes
// ten times as long. The rest keeps Jest's order.
const { readFileSync } = require('node:fs');
const { default: Sequencer } = require('@jest/test-sequencer');

const measuresHeap = ({ path }) => readFileSync(path, 'utf8').includes('/heap-used');

module.exports = class HeapFirst extends Sequencer {
  sort(tests) {
    // oxlint-disable-next-line unicorn/no-array-sort -- the sequencer's own method, which does not change the array
    const sorted = super.sort(tests);
    return [...sorted.filter(measuresHeap), ...sorted.filter((test) => !measuresHeap(test))];
  }
};
