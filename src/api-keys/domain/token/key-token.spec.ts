import { createHash } from 'node:crypto';
import { hashToken, issueToken, parseToken } from './key-token';
import { isTokenPrefix } from './token-form';
import { hexOf } from './token-digest';

const ID = '01jd8x4k2m6n8p0q2r4s6t8v0w';

/** Computed with Python's `binascii.crc32` and `hashlib`, so that a change of the format is noticed. */
const KNOWN = [
  [
    'kw_01jd8x4k2m6n8p0q2r4s6t8v0w_000000000000000000000000000000000000000000028zdA4',
    '8594bb1b2874573ce3b1916aa41720fcd725667317bd0e562a0a18c0d8bf0f58',
  ],
  [
    'kw_01jd8x4k2m6n8p0q2r4s6t8v0w_Secret0fAcmeSecret0fAcmeSecret0fAcme0011316000QqW',
    '8b1845281ad3013598a06ed0a06d595305f93bffc14816e2de4090c534bfda18',
  ],
] as const;

describe('a token', () => {
  it.each(KNOWN)('is still valid if an earlier release issued it: %s', (token, hash) => {
    expect(read(token)).toEqual({ keyId: ID, hash });
  });

  it('contains its key id, under every valid prefix', () => {
    for (const prefix of ['kw', 'a1', 'acme', 'acme_live', 'a_b_c_d', '0_9', 'a'.repeat(16)]) {
      const { token, keyId, hash } = issueToken(prefix, ID);
      expect(token).toMatch(new RegExp(`^${prefix}_${ID}_[0-9A-Za-z]{49}$`));
      expect({ keyId, hash }).toEqual({ keyId: ID, hash: createHash('sha256').update(token).digest('hex') });
      expect(read(token)).toEqual({ keyId, hash });
    }
  });

  it('is hashed as a whole, including its prefix', () => {
    expect(hashToken('kw_x')).toBe(createHash('sha256').update('kw_x', 'utf8').digest('hex'));
  });

  it('is different each time it is issued for the same key', () => {
    const tokens = Array.from({ length: 100 }, () => issueToken('kw', ID));
    expect(new Set(tokens.map(({ token }) => token)).size).toBe(100);
    expect(new Set(tokens.map(({ hash }) => hash)).size).toBe(100);
  });
});

describe('a token prefix', () => {
  it.each(['kw', 'acme', 'acme_live', 'k1', '1k', '00', 'a_b_c', 'a'.repeat(16)])('can be %j', (prefix) => {
    expect(isTokenPrefix(prefix)).toBe(true);
  });

  it.each([
    '',
    'k',
    'a'.repeat(17),
    'KW',
    'kW',
    '_kw',
    'kw_',
    'a__b',
    '__',
    'k-w',
    'k w',
    'kw\n',
    'ké',
    'k１',
    'kw\0',
  ])('cannot be %j, and issuing a token with it throws', (prefix) => {
    expect(isTokenPrefix(prefix)).toBe(false);
    expect(() => issueToken(prefix, ID)).toThrow(
      new RangeError(`invalid token prefix: ${JSON.stringify(prefix)}`),
    );
  });
});

/** Parses a token. Returns its digest in the stored form. */
function read(token: string, prefixes?: readonly string[]): { keyId: string; hash: string } | null {
  const parsed = parseToken(token, prefixes);
  return parsed && { keyId: parsed.keyId, hash: hexOf(parsed.digest) };
}
