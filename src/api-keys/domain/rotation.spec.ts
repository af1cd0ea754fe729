import * as fc from 'fast-check';
import type { KeySecret } from './api-key';
import { currentSecret, MAX_GRACE_SECONDS, markReused, rotateSecrets } from './rotation';

const MADE = new Date('2027-01-01T00:00:00.000Z');
const NOON = new Date('2027-01-31T12:00:00.000Z');
const EARLIER = new Date('2027-01-31T11:59:59.999Z');
const LATER = new Date('2027-01-31T12:00:00.001Z');
const HOUR = 3600;

const hashOf = (number: number): string => number.toString(16).padStart(64, '0');
const secret = (number: number, part: Partial<KeySecret> = {}): KeySecret => ({
  hash: hashOf(number),
  createdAt: MADE,
  ...part,
});

describe('the secrets of a key that is rotated', () => {
  it('are the new one, current, and the former one until the end of its grace', () => {
    expect(rotateSecrets([secret(1)], hashOf(2), NOON, HOUR)).toEqual([
      secret(1, { retiresAt: new Date('2027-01-31T13:00:00.000Z') }),
      { hash: hashOf(2), createdAt: NOON },
    ]);
  });

  it('give the former one no moment more where there is no grace', () => {
    expect(rotateSecrets([secret(1)], hashOf(2), NOON, 0)[0]?.retiresAt).toEqual(NOON);
  });

  it('give the former one seven days at most', () => {
    const [former] = rotateSecrets([secret(1)], hashOf(2), NOON, MAX_GRACE_SECONDS);
    expect(former?.retiresAt).toEqual(new Date('2027-02-07T12:00:00.000Z'));
  });

  it.each([
    ['what was in grace before retires now', LATER, NOON],
    ['what retires at this very moment stays as it is', NOON, NOON],
    ['what is retired stays so, since when it was', EARLIER, EARLIER],
  ])('%s', (_sentence, retiresAt, expected) => {
    const [oldest] = rotateSecrets([secret(1, { retiresAt }), secret(2)], hashOf(3), NOON, HOUR);
    expect(oldest).toEqual(secret(1, { retiresAt: expected }));
  });

  it('keep the note of a reuse', () => {
    const reused = secret(1, { retiresAt: EARLIER, reusedAt: EARLIER });
    expect(rotateSecrets([reused, secret(2)], hashOf(3), NOON, 0)[0]).toEqual(reused);
  });

  it('remember the last five retired ones', () => {
    const retired = [1, 2, 3, 4, 5].map((number) => secret(number, { retiresAt: EARLIER }));
    const hashes = rotateSecrets([...retired, secret(6)], hashOf(7), NOON, 0).map(({ hash }) => hash);
    expect(hashes).toEqual([2, 3, 4, 5, 6, 7].map(hashOf));
  });

  it('are not changed where they stand', () => {
    const before = Object.freeze([Object.freeze(secret(1))]);
    rotateSecrets(before, hashOf(2), NOON, HOUR);
    expect(before).toEqual([secret(1)]);
  });

  it('are one current, at most one in grace, and at most five retired, however often it is rotated', () => {
    const rotations = fc.array(
      fc.record({ afterSeconds: fc.nat(10 * 86_400), grace: fc.nat(MAX_GRACE_SECONDS) }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(rotations, (steps) => {
        let now = NOON;
        let secrets: readonly KeySecret[] = [secret(0)];
        for (const [index, { afterSeconds, grace }] of steps.entries()) {
          now = new Date(now.getTime() + afterSeconds * 1000);
          secrets = rotateSecrets(secrets, hashOf(index + 1), now, grace);
          const moment = now;
          const good = secrets.filter(
            ({ retiresAt }) => retiresAt === undefined || retiresAt.getTime() > moment.getTime(),
          );
          expect(secrets.filter(({ retiresAt }) => retiresAt === undefined)).toEqual([
            { hash: hashOf(index + 1), createdAt: now },
          ]);
          expect(good.map(({ hash }) => hash)).toEqual(
            (grace > 0 ? [index, index + 1] : [index + 1]).map(hashOf),
          );
          expect(secrets).toHaveLength(Math.min(index + 2, 6));
        }
      }),
    );
  });
});

describe('the current secret', () => {
  it('is the one that does not retire, also while another is in grace', () => {
    expect(currentSecret([secret(1, { retiresAt: LATER }), secret(2)])).toEqual(secret(2));
  });

  it.each<[string, readonly KeySecret[]]>([
    ['there are none', []],
    ['all retire', [secret(1, { retiresAt: LATER })]],
  ])('is nobody where %s', (_what, secrets) => {
    expect(currentSecret(secrets)).toBeUndefined();
  });
});

describe('the first use of a retired secret', () => {
  const retired = secret(1, { retiresAt: EARLIER });

  it('is marked with it, and with no other', () => {
    expect(markReused([retired, secret(2)], hashOf(1), NOON)).toEqual([
      { ...retired, reusedAt: NOON },
      secret(2),
    ]);
  });

  it('stays marked as it was when the secret is used once more', () => {
    const marked = markReused([retired, secret(2)], hashOf(1), NOON);
    expect(markReused(marked, hashOf(1), LATER)).toEqual(marked);
  });

  it('is not marked for a secret the key does not know', () => {
    expect(markReused([retired, secret(2)], hashOf(3), NOON)).toEqual([retired, secret(2)]);
  });
});
