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

describe('rotateSecrets', () => {
  it('adds the new secret, and retires the previous one at the end of its grace period', () => {
    expect(rotateSecrets([secret(1)], hashOf(2), NOON, HOUR)).toEqual([
      secret(1, { retiresAt: new Date('2027-01-31T13:00:00.000Z') }),
      { hash: hashOf(2), createdAt: NOON },
    ]);
  });

  it('retires the previous secret at once without a grace period', () => {
    expect(rotateSecrets([secret(1)], hashOf(2), NOON, 0)[0]?.retiresAt).toEqual(NOON);
  });

  it('retires the previous secret after seven days with the maximum grace period', () => {
    const [former] = rotateSecrets([secret(1)], hashOf(2), NOON, MAX_GRACE_SECONDS);
    expect(former?.retiresAt).toEqual(new Date('2027-02-07T12:00:00.000Z'));
  });

  it.each([
    ['retires a secret in an earlier grace period now', LATER, NOON],
    ['keeps a secret that retires at this moment', NOON, NOON],
    ['keeps the time at which a secret retired', EARLIER, EARLIER],
  ])('%s', (_sentence, retiresAt, expected) => {
    const [oldest] = rotateSecrets([secret(1, { retiresAt }), secret(2)], hashOf(3), NOON, HOUR);
    expect(oldest).toEqual(secret(1, { retiresAt: expected }));
  });

  it('keeps the time at which a previous secret was reused', () => {
    const reused = secret(1, { retiresAt: EARLIER, reusedAt: EARLIER });
    expect(rotateSecrets([reused, secret(2)], hashOf(3), NOON, 0)[0]).toEqual(reused);
  });

  it('keeps the last five previous secrets', () => {
    const retired = [1, 2, 3, 4, 5].map((number) => secret(number, { retiresAt: EARLIER }));
    const hashes = rotateSecrets([...retired, secret(6)], hashOf(7), NOON, 0).map(({ hash }) => hash);
    expect(hashes).toEqual([2, 3, 4, 5, 6, 7].map(hashOf));
  });

  it('does not modify the original secrets', () => {
    const before = Object.freeze([Object.freeze(secret(1))]);
    rotateSecrets(before, hashOf(2), NOON, HOUR);
    expect(before).toEqual([secret(1)]);
  });

  it('keeps at most five previous secrets, and at most one of them valid, after any rotations', () => {
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
  it('is the one that does not retire, even if another is in its grace period', () => {
    expect(currentSecret([secret(1, { retiresAt: LATER }), secret(2)])).toEqual(secret(2));
  });

  it.each<[string, readonly KeySecret[]]>([
    ['there are no secrets', []],
    ['all secrets retire', [secret(1, { retiresAt: LATER })]],
  ])('is undefined if %s', (_what, secrets) => {
    expect(currentSecret(secrets)).toBeUndefined();
  });
});

describe('markReused', () => {
  const retired = secret(1, { retiresAt: EARLIER });

  it('marks only the secret that was used', () => {
    expect(markReused([retired, secret(2)], hashOf(1), NOON)).toEqual([
      { ...retired, reusedAt: NOON },
      secret(2),
    ]);
  });

  it('keeps the time of the first reuse if the secret is used again', () => {
    const marked = markReused([retired, secret(2)], hashOf(1), NOON);
    expect(markReused(marked, hashOf(1), LATER)).toEqual(marked);
  });

  it('changes nothing for a secret that the key does not have', () => {
    expect(markReused([retired, secret(2)], hashOf(3), NOON)).toEqual([retired, secret(2)]);
  });
});
