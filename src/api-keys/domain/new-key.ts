import type { ApiKeyWithHistory, Grant, KeyMetadata } from './api-key';
import { actsForOwner, type Caller } from './caller';
import type { GrantRequest } from './grant-request';
import { imposedAfter } from './imposed';
import { recordChange } from './key-change';

/** The request to create a key. */
export interface CreateApiKey extends GrantRequest {
  readonly name: string;
  readonly description?: string | undefined;
  readonly metadata?: KeyMetadata | undefined;
  /** A new key never inherits it from the caller. */
  readonly externalId?: string | undefined;
  /** One of the configured prefixes, for all tokens of the key. A new key never inherits it from the caller. */
  readonly prefix?: string | undefined;
  readonly enabled?: boolean | undefined;
}

/** The properties of a new key that come from neither its grant nor its request. */
interface Origin {
  readonly id: string;
  /** SHA-256 of the token, in lower-case hex. */
  readonly hash: string;
  readonly action: 'created' | 'imported';
  /** When the token was created. */
  readonly createdAt: Date;
}

/** Returns the record of a new key, with its first history entry. */
export function newKey(
  caller: Caller,
  grant: Grant,
  request: CreateApiKey,
  { id, hash, action, createdAt }: Origin,
  now: Date,
): ApiKeyWithHistory {
  const blank: ApiKeyWithHistory = {
    ...grant,
    id,
    name: request.name,
    description: request.description,
    createdBy: caller.actor,
    metadata: request.metadata ?? {},
    externalId: request.externalId,
    prefix: request.prefix,
    enabled: request.enabled ?? true,
    secrets: [{ hash, createdAt }],
    version: 0,
    createdAt,
    updatedAt: now,
    history: [],
    historyDropped: 0,
  };
  const key = recordChange(blank, now, { action, by: caller.actor });
  return {
    ...key,
    imposed: imposedAfter({ ...blank, ownerId: undefined }, key, actsForOwner(caller, grant)),
  };
}
