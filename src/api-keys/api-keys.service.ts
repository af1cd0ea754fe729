import { Inject, Injectable } from '@nestjs/common';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from './api-keys.options';
import {
  ConcurrentChangeError,
  DelegationExceededError,
  ExpiredKeyError,
  KeyNotFoundError,
  RevokedKeyError,
  UnacceptableExpiryError,
  VersionMismatchError,
} from './api-keys.errors';
import { CLOCK } from './clock.token';
import {
  type ApiKey,
  type ApiKeyStatus,
  type ApiKeyWithHistory,
  type Grant,
  isExpired,
  type KeyMetadata,
  statusOf,
} from './domain/api-key';
import type { Caller } from './domain/caller';
import type { Clock } from './domain/clock';
import { exceededFields, isWidening } from './domain/delegation';
import { composeGrant, type GrantRequest } from './domain/grant-request';
import type { History } from './domain/history';
import { isKeyId, newKeyId } from './domain/key-id';
import { applyPatch, type KeyPatch } from './domain/key-patch';
import { issueToken } from './domain/key-token';
import { grants } from './domain/scopes';
import { isVisible } from './domain/visibility';
import { recordChange } from './key-change';
import { type KeyPageQuery, pageOf } from './key-page';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from './storage/api-key.repository';

const MAX_TRIES = 5;
const DAY_MS = 86_400_000;

/** What a new key is to be. */
export interface CreateApiKey extends GrantRequest {
  readonly name: string;
  readonly description?: string | undefined;
  readonly metadata?: KeyMetadata | undefined;
  readonly enabled?: boolean | undefined;
}

/** A key just made, with the one and only sight of its token. */
export interface IssuedApiKey {
  readonly key: ApiKey;
  readonly token: string;
}

/** One page of keys; only `nextCursor: null` ends a list. */
export interface ApiKeyPage {
  readonly data: readonly ApiKey[];
  readonly nextCursor: string | null;
}

/** Options of a change. */
export interface ChangeOptions {
  /** Change the key only at one of these versions, else `VersionMismatchError`. */
  readonly ifVersion?: readonly number[] | undefined;
}

/**
 * Manages keys on behalf of a caller: what the caller may not see does not exist, and what it does not hold
 * it cannot give. All methods throw `StorageUnavailableError` where the store cannot answer.
 *
 * @example
 * const { key, token } = await apiKeys.create(rootCaller('system'), {
 *   name: 'ingest', scopes: ['memory:write'], orgId: 'acme',
 * });
 */
@Injectable()
export class ApiKeysService {
  constructor(
    @Inject(API_KEY_REPOSITORY) private readonly repository: ApiKeyRepository,
    @Inject(API_KEYS_OPTIONS) private readonly options: ApiKeysOptions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Makes a key. What the request leaves out is inherited from the caller.
   *
   * @throws DelegationExceededError if the caller does not hold all that the key would hold
   * @throws UnacceptableExpiryError if the expiry is past or beyond the maximum
   */
  async create(caller: Caller, request: CreateApiKey): Promise<IssuedApiKey> {
    const now = this.clock.now();
    const latestExpiry = this.latestExpiry(caller, now);
    const grant = composeGrant(caller.grant, request, latestExpiry);
    requireCovered(caller, grant);
    requireAssignable(caller, grant.ownerId);
    requireAcceptable(grant.expiresAt, latestExpiry, now);

    const id = newKeyId(now);
    const { token, hash } = issueToken(this.options.tokenPrefix ?? 'kw', id);
    const blank: ApiKeyWithHistory = {
      ...grant,
      id,
      name: request.name,
      description: request.description,
      createdBy: caller.actor,
      metadata: request.metadata ?? {},
      enabled: request.enabled ?? true,
      secrets: [{ hash, createdAt: now }],
      version: 0,
      createdAt: now,
      updatedAt: now,
      history: [],
      historyDropped: 0,
    };
    const key = recordChange(blank, now, { action: 'created', by: caller.actor });
    await this.repository.insert(key);
    return { key, token };
  }

  /** @throws KeyNotFoundError if there is no such key in the caller's sight */
  async get(caller: Caller, id: string): Promise<ApiKey> {
    return this.seen(caller, isKeyId(id) ? await this.repository.find(id) : null);
  }

  /** One page of the keys in the caller's sight, newest first. */
  async list(caller: Caller, query: KeyPageQuery): Promise<ApiKeyPage> {
    return pageOf(this.repository, caller.grant, query, this.clock.now());
  }

  /**
   * Who changed what, when; oldest first.
   *
   * @throws KeyNotFoundError if there is no such key in the caller's sight
   */
  async history(caller: Caller, id: string): Promise<History> {
    return this.seen(caller, isKeyId(id) ? await this.repository.findWithHistory(id) : null);
  }

  /**
   * Changes a key. Narrowing and disabling need sight of it only; widening and enabling need to hold all that
   * the key holds afterwards. A patch that changes nothing writes nothing.
   *
   * @throws KeyNotFoundError, DelegationExceededError, RevokedKeyError, ExpiredKeyError,
   *   UnacceptableExpiryError, VersionMismatchError, ConcurrentChangeError
   */
  async update(caller: Caller, id: string, patch: KeyPatch, options: ChangeOptions = {}): Promise<ApiKey> {
    return this.change(caller, id, options, (before, now) => {
      if (before.revokedAt !== undefined) throw new RevokedKeyError();
      const { key: after, changed } = applyPatch(before, patch);
      if (changed.length === 0) return undefined;
      if (changed.includes('expiresAt')) {
        if (isExpired(before, now)) throw new ExpiredKeyError();
        requireAcceptable(after.expiresAt, this.latestExpiry(caller, now), now);
      }
      if (changed.includes('ownerId')) requireAssignable(caller, after.ownerId);
      if (isWidening(before, after)) requireCovered(caller, after);
      return recordChange(after, now, { action: 'updated', by: caller.actor, fields: changed });
    });
  }

  /**
   * Revokes a key for good; its record stays. Revoking a revoked key changes nothing.
   *
   * @throws KeyNotFoundError, VersionMismatchError, ConcurrentChangeError
   */
  async revoke(caller: Caller, id: string, reason?: string): Promise<ApiKey> {
    return this.change(caller, id, {}, (before, now) => {
      if (before.revokedAt !== undefined) return undefined;
      const after = { ...before, revokedAt: now, revokedBy: caller.actor, revokedReason: reason };
      return recordChange(after, now, { action: 'revoked', by: caller.actor, reason });
    });
  }

  /** The state of a key now. */
  statusOf(key: ApiKey): ApiKeyStatus {
    return statusOf(key, this.clock.now());
  }

  /** Reads, judges and writes under the version's guard; a lost guard reads and judges again. */
  private async change(
    caller: Caller,
    id: string,
    { ifVersion }: ChangeOptions,
    next: (before: ApiKeyWithHistory, now: Date) => ApiKeyWithHistory | undefined,
  ): Promise<ApiKey> {
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      const before = this.seen(caller, isKeyId(id) ? await this.repository.findWithHistory(id) : null);
      if (ifVersion !== undefined && !ifVersion.includes(before.version)) throw new VersionMismatchError();
      const after = next(before, this.clock.now());
      if (after === undefined) return before;
      if (await this.repository.replace(after)) return after;
    }
    throw new ConcurrentChangeError();
  }

  private seen<K extends ApiKey>(caller: Caller, key: K | null): K {
    if (key === null || !isVisible(caller.grant, key)) throw new KeyNotFoundError();
    return key;
  }

  private latestExpiry(caller: Caller, now: Date): Date | undefined {
    const { maxTtlDays } = this.options;
    return maxTtlDays === undefined || !caller.boundByMaxTtl
      ? undefined
      : new Date(now.getTime() + maxTtlDays * DAY_MS);
  }
}

function requireCovered(caller: Caller, grant: Grant): void {
  const exceeded = exceededFields(caller.grant, grant);
  if (exceeded.length > 0) throw new DelegationExceededError(exceeded);
}

/** An owner other than one's own is a matter of the users, see decision record 0006. */
function requireAssignable(caller: Caller, ownerId: string | undefined): void {
  if (ownerId === caller.grant.ownerId || grants(caller.grant.scopes, 'users:write')) return;
  throw new DelegationExceededError(['ownerId']);
}

function requireAcceptable(expiresAt: Date | undefined, latest: Date | undefined, now: Date): void {
  if (expiresAt !== undefined && expiresAt.getTime() <= now.getTime()) {
    throw new UnacceptableExpiryError('must lie in the future');
  }
  if (latest !== undefined && (expiresAt === undefined || expiresAt.getTime() > latest.getTime())) {
    throw new UnacceptableExpiryError(`must be no later than ${latest.toISOString()}`);
  }
}
