import crypto from 'node:crypto';
import { findSecret } from './decision';

const hashOf = (digit: string): string => digit.repeat(64);

describe('the search for a secret', () => {
  const secrets = ['a', 'b', 'c'].map((digit) => ({ hash: hashOf(digit), createdAt: new Date(0) }));

  it('compares every hash in constant time, also behind the one that matches', () => {
    const compared = jest.spyOn(crypto, 'timingSafeEqual');
    for (const digit of ['a', 'b', 'c', 'd']) {
      compared.mockClear();
      expect(findSecret(secrets, hashOf(digit))?.hash).toBe(digit === 'd' ? undefined : hashOf(digit));
      expect(compared).toHaveBeenCalledTimes(secrets.length);
    }
    compared.mockRestore();
  });
});
