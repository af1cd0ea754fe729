import { UnknownTokens } from './unknown-tokens';

const BOUND = 800;

describe('unknown tokens', () => {
  it('are remembered for the maximum age, counted from the beginning of the read', () => {
    const unknown = new UnknownTokens(BOUND);
    unknown.add('digest', 5000);
    const remembered = [5000, 5000 + BOUND - 1, 5000 + BOUND, 9000].map((at) => unknown.has('digest', at));
    expect(remembered).toEqual([true, true, false, false]);
  });

  it('are compared by their whole digests', () => {
    const unknown = new UnknownTokens(BOUND);
    unknown.add('a digest', 0);
    expect(unknown.has('another', 1)).toBe(false);
    expect(unknown.has('', 1)).toBe(false);
  });

  it('are all forgotten after a key changes', () => {
    const unknown = new UnknownTokens(BOUND);
    for (const digest of ['one', 'two']) unknown.add(digest, 0);
    unknown.clear(0.5);
    expect([unknown.has('one', 1), unknown.has('two', 1)]).toEqual([false, false]);
  });

  it('are not remembered if the read began before the last change of a key', () => {
    const unknown = new UnknownTokens(BOUND);
    unknown.clear(10);
    for (const begunAt of [9, 10, 10.5]) unknown.add(`read from ${begunAt} on`, begunAt);
    const remembered = [9, 10, 10.5].map((begunAt) => unknown.has(`read from ${begunAt} on`, 11));
    expect(remembered).toEqual([false, false, true]);
  });

  it('are limited to 10,000: each further one evicts another [T42]', () => {
    const unknown = new UnknownTokens(BOUND);
    const many = Array.from({ length: 25_000 }, (_none, index) => `digest ${index}`);
    for (const digest of many) unknown.add(digest, 0);
    expect(many.filter((digest) => unknown.has(digest, 1))).toHaveLength(10_000);
  });
});
