import type { CreateApiKey } from '../api-keys.service';
import type { KeyPatch } from '../domain/key-patch';
import type { CreateApiKeyDto } from './create-api-key.dto';
import { parseRfc3339 } from './rfc3339';
import type { UpdateApiKeyDto } from './update-api-key.dto';

/** A validated body as the service takes it. */
export function toCreate({ expiresAt, description, ...rest }: CreateApiKeyDto): CreateApiKey {
  return { ...rest, description: description ?? undefined, expiresAt: toDate(expiresAt) };
}

/** A validated body as the service takes it. */
export function toPatch({ expiresAt, ...rest }: UpdateApiKeyDto): KeyPatch {
  return { ...rest, expiresAt: toDate(expiresAt) };
}

function toDate(text: string | null | undefined): Date | null | undefined {
  return typeof text === 'string' ? parseRfc3339(text) : text;
}
