import type { CreateApiKey } from '../domain/new-key';
import { type RateLimit, sortedLimits } from '../domain/rate-limit';
import type { KeyPatch } from '../domain/key-patch';
import type { CreateApiKeyDto } from './dto/create-api-key.dto';
import { parseRfc3339 } from '../../http/rfc3339';
import type { UpdateApiKeyDto } from './dto/update-api-key.dto';

/** Converts a validated body to a create request of the service. */
export function toCreate({
  expiresAt,
  description,
  externalId,
  rateLimits,
  ...rest
}: CreateApiKeyDto): CreateApiKey {
  return {
    ...rest,
    description: description ?? undefined,
    externalId: externalId ?? undefined,
    expiresAt: toDate(expiresAt),
    rateLimits: toRateLimits(rateLimits),
  };
}

/** Converts a validated body to a patch of the service. */
export function toPatch({ expiresAt, rateLimits, ...rest }: UpdateApiKeyDto): KeyPatch {
  return { ...rest, expiresAt: toDate(expiresAt), rateLimits: toRateLimits(rateLimits) };
}

function toRateLimits(
  limits: readonly RateLimit[] | null | undefined,
): readonly RateLimit[] | null | undefined {
  if (!limits) return limits;
  return sortedLimits(limits.map(({ name, limit, windowSeconds }) => ({ name, limit, windowSeconds })));
}

function toDate(text: string | null | undefined): Date | null | undefined {
  return typeof text === 'string' ? parseRfc3339(text) : text;
}
