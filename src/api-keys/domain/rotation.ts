import type { KeySecret } from './api-key';

/** The maximum grace period in seconds: 7 days. */
export const MAX_GRACE_SECONDS = 7 * 86_400;

/** The maximum number of previous secrets that a key keeps, so that their reuse is detected. */
const MAX_RETIRED = 5;

/**
 * Returns the secrets of a key after a rotation. The new secret is current. The previous one is valid until the end
 * of the grace period. A secret in an earlier grace period becomes invalid now. The last five previous secrets stay.
 *
 * @param hash the hash of the new token
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

/** Returns the current secret: the one without `retiresAt`. */
export function currentSecret(secrets: readonly KeySecret[]): KeySecret | undefined {
  return secrets.find((secret) => secret.retiresAt === undefined);
}

/**
 * Returns the secrets, with `reusedAt` set on the secret with this hash. Keeps an earlier time, and ignores an unknown hash.
 */
export function markReused(secrets: readonly KeySecret[], hash: string, now: Date): readonly KeySecret[] {
  return secrets.map((secret) =>
    secret.hash === hash && secret.reusedAt === undefined ? { ...secret, reusedAt: now } : secret,
  );
}
