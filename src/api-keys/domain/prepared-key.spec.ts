import { aFullKey, ALICE } from '../../testing/contract/key-fixtures';
import type { ApiKey } from './api-key';
import { findSecret, prepareKey } from './prepared-key';
import { digestOfHex } from './token/token-digest';

const NOON = new Date('2030-01-01T12:00:00Z');
const hashOf = (digit: string): string => digit.repeat(64);

function keyWith(fields: Partial<ApiKey> = {}): ApiKey {
  return {
    id: '01jd8x4k2m6n8p0q2r4s6t8v0w',
    name: 'reader of acme',
    createdBy: 'cli',
    scopes: ['memory:read'],
    orgId: 'acme',
    allowedIps: ['203.0.113.0/24'],
    rateLimits: [{ name: 'default', limit: 1, windowSeconds: 60 }],
    metadata: { team: 'night shift' },
    enabled: true,
    secrets: ['a', 'b', 'c'].map((digit) => ({ hash: hashOf(digit), createdAt: NOON })),
    version: 1,
    createdAt: NOON,
    updatedAt: NOON,
    ...fields,
  };
}

describe('findSecret', () => {
  it.each(['a', 'b', 'c'])('finds the secret with the digest %s…', (digit) => {
    expect(findSecret(prepareKey(keyWith()), digestOfHex(hashOf(digit)))?.hash).toBe(hashOf(digit));
  });

  it('compares every character of every secret, even after a match or a difference [T5]', () => {
    const prepared = prepareKey(keyWith());
    const looked = jest.spyOn(String.prototype, 'charCodeAt');
    const looks = [hashOf('a'), hashOf('c'), hashOf('d'), `d${'a'.repeat(63)}`, `${'a'.repeat(63)}d`].map(
      (hash) => {
        const digest = digestOfHex(hash);
        looked.mockClear();
        findSecret(prepared, digest);
        return looked.mock.calls.length;
      },
    );
    looked.mockRestore();
    expect(looks).toEqual(looks.map(() => 3 * 32 * 2));
  });

  it('finds no secret for an empty digest, even if a stored digest is empty', () => {
    const broken = prepareKey(keyWith({ secrets: [{ hash: '', createdAt: NOON }] }));
    expect(findSecret(broken, '')).toBeUndefined();
    expect(findSecret(prepareKey(keyWith()), '')).toBeUndefined();
  });
});

describe('a prepared key', () => {
  it('contains only the parts of the record that decisions and their responses use', () => {
    const record = aFullKey();
    const { key } = prepareKey({ ...record, history: record.history } as ApiKey);
    expect(key).toEqual({
      id: record.id,
      name: record.name,
      ownerId: ALICE,
      scopes: record.scopes,
      orgId: 'acme',
      projectId: record.projectId,
      externalId: record.externalId,
      allowedIps: record.allowedIps,
      rateLimits: record.rateLimits,
      metadata: record.metadata,
      enabled: false,
      expiresAt: record.expiresAt,
      revokedAt: record.revokedAt,
      version: 1,
    });
  });

  it('is frozen, so that no request can change it for the next request', () => {
    const { key, secrets } = prepareKey(keyWith());
    const spoils: readonly (() => void)[] = [
      () => (key.scopes as string[]).push('*'),
      () => (key.allowedIps as string[]).pop(),
      () => Object.assign(key, { orgId: 'globex' }),
      () => Object.assign(key.metadata, { team: 'globex' }),
      () => Object.assign(key.rateLimits[0] ?? {}, { limit: 1e6 }),
      () => Object.assign(secrets[0]?.secret ?? {}, { retiresAt: undefined }),
    ];
    for (const spoil of spoils) expect(spoil).toThrow(TypeError);
  });

  it.each<[boolean, string, Partial<ApiKey>]>([
    [false, 'if it has no end', {}],
    [true, 'if it expires', { expiresAt: NOON }],
    [
      true,
      'if its secret is in its grace period',
      { secrets: [{ hash: hashOf('a'), createdAt: NOON, retiresAt: NOON }] },
    ],
    [
      true,
      'if one of two secrets is in its grace period',
      {
        secrets: [
          { hash: hashOf('a'), createdAt: NOON, retiresAt: NOON },
          { hash: hashOf('b'), createdAt: NOON },
        ],
      },
    ],
  ])('has isTimed %s %s', (isTimed, _what, fields) => {
    expect(prepareKey(keyWith(fields)).isTimed).toBe(isTimed);
  });
});
