// Jest runs the slowest spec files first, to keep its workers busy. A mutant is judged soonest by the quickest.
const { default: Sequencer } = require('@jest/test-sequencer');

module.exports = class QuickestFirst extends Sequencer {
  sort(tests) {
    return tests.toSorted((one, other) => (this.time(one) ?? 0) - (this.time(other) ?? 0));
  }
};
