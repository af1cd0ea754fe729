import type { CreateApiKey } from '../domain/new-key';
import type { RateLimit } from '../domain/rate-limit';
import type { KeyPatch } from '../domain/key-patch';
import type { CreateApiKeyDto } from './dto/create-api-key.dto';
import { parseRfc3339 } from '../../http/rfc3339';
import type { UpdateApiKeyDto } from './dto/update-api-key.dto';

/** Converts a validated body to a create request of the service. */
export function toCreate({
  expiresAt,
  description,
  externalId,
  rateLimit,
  ...rest
}: CreateApiKeyDto): CreateApiKey {
  return {
    ...rest,
    description: description ?? undefined,
    externalId: externalId ?? undefined,
    expiresAt: toDate(expiresAt),
    rateLimit: toRateLimit(rateLimit),
  };
}

/** Converts a validated body to a patch of the service. */
export function toPatch({ expiresAt, rateLimit, ...rest }: UpdateApiKeyDto): KeyPatch {
  return { ...rest, expiresAt: toDate(expiresAt), rateLimit: toRateLimit(rateLimit) };
}

function toRateLimit(limit: RateLimit | null | undefined): RateLimit | null | undefined {
  return limit ? { limit: limit.limit, windowSeconds: limit.windowSeconds } : limit;
}

function toDate(text: string | null | undefined): Date | null | undefined {
  return typeof text === 'string' ? parseRfc3339(text) : text;
}
