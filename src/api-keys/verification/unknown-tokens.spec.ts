import { UnknownTokens } from './unknown-tokens';

const BOUND = 800;

describe('tokens that no key has', () => {
  it('are remembered from the beginning of the read that found none, and no longer than the bound', () => {
    const unknown = new UnknownTokens(BOUND);
    unknown.add('digest', 5000);
    const remembered = [5000, 5000 + BOUND - 1, 5000 + BOUND, 9000].map((at) => unknown.has('digest', at));
    expect(remembered).toEqual([true, true, false, false]);
  });

  it('are remembered each by its own whole digest', () => {
    const unknown = new UnknownTokens(BOUND);
    unknown.add('a digest', 0);
    expect(unknown.has('another', 1)).toBe(false);
    expect(unknown.has('', 1)).toBe(false);
  });

  it('are all forgotten when a key was changed: any of them may be its own now', () => {
    const unknown = new UnknownTokens(BOUND);
    for (const digest of ['one', 'two']) unknown.add(digest, 0);
    unknown.clear(0.5);
    expect([unknown.has('one', 1), unknown.has('two', 1)]).toEqual([false, false]);
  });

  it('are none where the read that found none began before a key was changed, and so may be of the time before', () => {
    const unknown = new UnknownTokens(BOUND);
    unknown.clear(10);
    for (const begunAt of [9, 10, 10.5]) unknown.add(`read from ${begunAt} on`, begunAt);
    const remembered = [9, 10, 10.5].map((begunAt) => unknown.has(`read from ${begunAt} on`, 11));
    expect(remembered).toEqual([false, false, true]);
  });

  it('are forgotten, the unused ones first, where somebody presents more of them than there is room for [T42]', () => {
    const unknown = new UnknownTokens(BOUND);
    const many = Array.from({ length: 25_000 }, (_none, index) => `digest ${index}`);
    for (const digest of many) unknown.add(digest, 0);
    expect(many.filter((digest) => unknown.has(digest, 1))).toHaveLength(10_000);
  });
});
