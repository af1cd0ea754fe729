import type { KeySecret } from './api-key';

/** The longest time that a replaced token goes on working, in seconds: 7 days. */
export const MAX_GRACE_SECONDS = 7 * 86_400;

/** How many retired secrets a key remembers, so that their use is noticed. */
const MAX_RETIRED = 5;

/**
 * A key's secrets after a rotation: the new one is current, the former one retires at the end of the grace
 * period, and whatever was in grace before retires now. The last five retired ones stay.
 *
 * @param hash of the new token
 */
export function rotateSecrets(
  secrets: readonly KeySecret[],
  hash: string,
  now: Date,
  gracePeriodSeconds: number,
): readonly KeySecret[] {
  const graceEnd = new Date(now.getTime() + gracePeriodSeconds * 1000);
  const retired = secrets.map((secret) => {
    if (secret.retiresAt === undefined) return { ...secret, retiresAt: graceEnd };
    return secret.retiresAt.getTime() > now.getTime() ? { ...secret, retiresAt: now } : secret;
  });
  return [...retired.slice(-MAX_RETIRED), { hash, createdAt: now }];
}

/** The current secret: the one that is not retired, nor about to be. */
export function currentSecret(secrets: readonly KeySecret[]): KeySecret | undefined {
  return secrets.find((secret) => secret.retiresAt === undefined);
}

/** Returns the secrets with the reuse of a retired one marked; unchanged if it is marked already, or unknown. */
export function markReused(secrets: readonly KeySecret[], hash: string, now: Date): readonly KeySecret[] {
  return secrets.map((secret) =>
    secret.hash === hash && secret.reusedAt === undefined ? { ...secret, reusedAt: now } : secret,
  );
}
