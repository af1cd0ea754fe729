import { Inject, Injectable, Optional } from '@nestjs/common';
import { type Redaction, redactionOf } from '../../common/redaction';
import { retried } from '../../common/retried';
import type { Page } from '../../http/page';
import { API_KEYS_OPTIONS, type ApiKeysOptions, DEFAULT_TOKEN_PREFIX } from '../options/api-keys.options';
import {
  ConcurrentChangeError,
  ExpiredKeyError,
  KeyNotFoundError,
  RevokedKeyError,
  RotationConflictError,
  VersionMismatchError,
} from './api-keys.errors';
import { type Clock, CLOCK } from '../ports/clock';
import {
  type ApiKey,
  type ApiKeyStatus,
  type ApiKeyWithHistory,
  type Grant,
  isExpired,
  statusOf,
} from '../domain/api-key';
import {
  actsForOwner,
  type Caller,
  grantOver,
  inheritedFrom,
  isUnlimited,
  rootCaller,
  sees,
  viewpointsOf,
} from '../domain/caller';
import { isWidening } from '../domain/delegation';
import { composeGrant } from '../domain/grant-request';
import { type CreateApiKey, newKey } from '../domain/new-key';
import type { History } from '../domain/history';
import { confirmedFields, imposedAfter } from '../domain/imposed';
import { isKeyId, newKeyId } from '../domain/key-id';
import { slotSubjectsOf } from '../domain/key-slot';
import { recordChange } from '../domain/key-change';
import { applyPatch, type KeyPatch } from '../domain/key-patch';
import { scopesAllowedBy } from '../domain/policy-state';
import { issueToken } from '../domain/token/key-token';
import { currentSecret, rotateSecrets } from '../domain/rotation';
import { ANYTHING, type MemberRules, requireMembers } from '../../problems/members';
import { UnacceptableFieldError } from '../../problems/unacceptable-field.error';
import { isText } from '../../http/field-rules';
import { checkedCreate, checkedPatch } from './checked-request';
import { MAX_REASON_LENGTH } from './dto/revoke-api-key.query';
import { KEY_CHANGE_LISTENER, type KeyChangeListener } from '../ports/key-change.listener';
import {
  EVER,
  latestExpiry,
  requireAcceptable,
  requireAssignable,
  requireCaller,
  requireChangeable,
  requireCovered,
  requireExternalIdAllowed,
  requireGrace,
  requireOwnOrganisation,
  requireOwnRestrictions,
  requirePrefix,
  requireSameCustomer,
  requireUnsuspended,
} from './grant-checks';
import { KeyCeilings } from './key-ceilings.service';
import { type KeyPageQuery, pageOf } from './key-page';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from '../storage/api-key.repository';

/** A key with its new token, which is shown only once. */
export interface IssuedApiKey {
  readonly key: ApiKey;
  readonly token: string;
}

interface Changed {
  readonly before: ApiKey;
  readonly after: ApiKey;
}

/** One page of keys. Only the last page has `nextCursor: null`. Other pages can be short or empty. */
export type ApiKeyPage = Page<ApiKey>;

/** Options of a change. */
export interface ChangeOptions {
  /** Changes the key only if it has one of these versions; otherwise throws `VersionMismatchError`. */
  readonly ifVersion?: readonly number[] | undefined;
}

/** Options of a rotation. */
export interface RotateOptions extends ChangeOptions {
  /** How long the previous token keeps working, in seconds: 0 (default) to 604800 (7 days). */
  readonly gracePeriodSeconds?: number | undefined;
}

const CHANGE: MemberRules<ChangeOptions> = {
  ifVersion: {
    message: 'must be a list of versions',
    passes: (value) => Array.isArray(value) && value.every(Number.isInteger),
  },
};

/** The reason in the history of a key that was stored while its owner or organisation got a maximum number of keys. */
export const NO_ROOM = 'the maximum number of keys was reached';

const ROTATION: MemberRules<RotateOptions> = { ...CHANGE, gracePeriodSeconds: ANYTHING };

/**
 * Manages keys on behalf of a caller. A key that the caller cannot see counts as missing, and the caller can grant only
 * what it holds. All methods throw `StorageUnavailableError` if the store cannot answer.
 *
 * @example
 * const { key, token } = await apiKeys.create(rootCaller('system'), {
 *   name: 'ingest', scopes: ['memory:write'], orgId: 'acme',
 * });
 */
@Injectable()
export class ApiKeysService {
  private readonly redact: Redaction;
  private readonly prefixes: readonly string[];
  private readonly maxTtlDays: number | undefined;

  /** @internal Nest calls this constructor. */
  constructor(
    @Inject(API_KEY_REPOSITORY) private readonly repository: ApiKeyRepository,
    @Inject(API_KEYS_OPTIONS) { tokens = {} }: ApiKeysOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    @Optional() private readonly ceilings: KeyCeilings = new KeyCeilings(repository, clock),
    @Optional() @Inject(KEY_CHANGE_LISTENER) private readonly listener?: KeyChangeListener,
  ) {
    this.redact = redactionOf(tokens.importPrefixes);
    this.prefixes = tokens.prefixes ?? [DEFAULT_TOKEN_PREFIX];
    this.maxTtlDays = tokens.maxTtlDays;
  }

  /**
   * Creates a key. Fields that the request leaves out are inherited from the caller.
   *
   * @throws DelegationExceededError if the key would hold more than the caller
   * @throws UnacceptableFieldError if a field is unknown or invalid, the prefix is not configured, or the expiry is in the
   *   past or later than the maximum
   * @throws KeyLimitReachedError if the owner or the organisation has the maximum number of live keys
   */
  async create(caller: Caller, given: CreateApiKey): Promise<IssuedApiKey> {
    requireCaller(caller);
    const request = checkedCreate(given);
    requirePrefix(request.prefix, this.prefixes);
    const now = this.clock.now();
    const inherited = inheritedFrom(caller, request);
    const subjects = slotSubjectsOf(composeGrant(inherited, request, undefined));
    const latest = latestExpiry(caller, this.maxTtlDays, await this.ceilings.maxTtlDays(subjects), now);
    const grant = composeGrant(inherited, request, latest);
    const holder = await this.narrowed(caller, grant);
    requireCovered(holder, grant);
    requireAssignable(holder, grant.ownerId, grantOver(holder, grant));
    requireExternalIdAllowed(caller, request.externalId);
    requireAcceptable(grant.expiresAt, latest, now);

    const id = newKeyId(now);
    const { token, hash } = issueToken(this.prefixOf(request), id);
    const key = newKey(caller, grant, request, { id, hash, action: 'created', createdAt: now }, now);
    await this.ceilings.hold(
      undefined,
      key,
      async () => {
        await this.repository.insert(key);
        this.listener?.changed(key);
        return true;
      },
      async () => this.revoke(rootCaller('system'), id, NO_ROOM),
    );
    return { key, token };
  }

  /**
   * Returns a key.
   *
   * @throws KeyNotFoundError if the key does not exist or the caller cannot see it
   */
  async get(caller: Caller, id: string): Promise<ApiKey> {
    requireCaller(caller);
    return this.seen(caller, isKeyId(id) ? await this.repository.find(id) : null);
  }

  /** Returns one page of the keys that the caller can see, newest first. */
  async list(caller: Caller, query: KeyPageQuery): Promise<ApiKeyPage> {
    requireCaller(caller);
    return pageOf(this.repository, viewpointsOf(caller), query, this.clock.now());
  }

  /**
   * Returns the changes of a key, oldest first: who changed which fields, and when.
   *
   * @throws KeyNotFoundError if the key does not exist or the caller cannot see it
   */
  async history(caller: Caller, id: string): Promise<History> {
    requireCaller(caller);
    return this.seen(caller, isKeyId(id) ? await this.repository.findWithHistory(id) : null);
  }

  /**
   * Changes a key. Any caller that sees the key can narrow or disable it. To widen or enable it, the caller must hold
   * all that the key holds afterwards. A caller that acts for the owner cannot loosen restrictions that others set. A
   * patch without changes writes nothing. There is one exception: another caller can confirm a restriction that only
   * the owner has set. Then the owner cannot loosen it.
   *
   * @throws KeyNotFoundError, DelegationExceededError, RevokedKeyError, ExpiredKeyError, UnacceptableFieldError,
   *   VersionMismatchError, ConcurrentChangeError, KeyLimitReachedError
   */
  async update(caller: Caller, id: string, given: KeyPatch, options: ChangeOptions = {}): Promise<ApiKey> {
    const patch = checkedPatch(given);
    const { before: former, after: current } = await this.change(caller, id, options, async (before, now) => {
      if (before.revokedAt !== undefined) throw new RevokedKeyError();
      const { key: after, changed } = applyPatch(before, patch);
      const confirmed = actsForOwner(caller, before) ? [] : confirmedFields(before, patch);
      const fields = [...new Set([...changed, ...confirmed])];
      if (fields.length === 0) return undefined;
      requireChangeable(caller, before, fields);
      requireOwnRestrictions(caller, before, after, changed);
      if (changed.includes('expiresAt')) {
        if (isExpired(before, now)) throw new ExpiredKeyError();
        const policyDays = await this.ceilings.maxTtlDays(slotSubjectsOf(after));
        requireAcceptable(after.expiresAt, latestExpiry(caller, this.maxTtlDays, policyDays, now), now);
      }
      if (changed.includes('orgId')) requireOwnOrganisation(caller, after.orgId);
      const widens = isWidening(before, after);
      const holder = widens || changed.includes('ownerId') ? await this.narrowed(caller, after) : caller;
      if (changed.includes('ownerId')) {
        requireAssignable(holder, before.ownerId);
        requireAssignable(holder, after.ownerId);
      }
      if (widens) requireCovered(holder, after, before);
      const policyDays = await this.ceilings.maxTtlDays(this.ceilings.entered(before, after));
      requireAcceptable(after.expiresAt, latestExpiry(caller, undefined, policyDays, now), EVER);
      return recordChange(after, now, { action: 'updated', by: caller.actor, fields });
    });
    await this.ceilings.release(former, current);
    return current;
  }

  /**
   * Revokes a key permanently and keeps its record. Revoking a revoked key changes nothing, but announces the
   * revocation to every instance again.
   *
   * @throws KeyNotFoundError, VersionMismatchError, ConcurrentChangeError
   * @throws DelegationExceededError if the caller presents a previous secret and the key manages keys or users
   * @throws RotationConflictError if the caller is this key and presents a previous secret
   */
  async revoke(caller: Caller, id: string, reason?: string, options: ChangeOptions = {}): Promise<ApiKey> {
    if (reason !== undefined && !isText(reason, MAX_REASON_LENGTH)) {
      throw new UnacceptableFieldError('/reason', `must be text of at most ${MAX_REASON_LENGTH} characters`);
    }
    const { after: revoked } = await this.change(caller, id, options, async (before, now) => {
      if (before.revokedAt !== undefined) {
        await this.repository.announceAgain?.(id);
        return undefined;
      }
      requireChangeable(caller, before, []);
      // The cache may have verified the caller before it learned of a rotation by another instance.
      if (caller.presented?.keyId === id && caller.presented.hash !== currentSecret(before.secrets)?.hash)
        throw new RotationConflictError();
      // A report of a leak may quote the token.
      const revokedReason = reason === undefined ? undefined : this.redact(reason);
      const after = { ...before, revokedAt: now, revokedBy: caller.actor, revokedReason };
      return recordChange(after, now, { action: 'revoked', by: caller.actor, reason: revokedReason });
    });
    await this.ceilings.release(revoked, revoked);
    return revoked;
  }

  /**
   * Gives a key a new token and keeps its id. The previous token works until the grace period ends, and tokens from
   * earlier rotations stop working now. The caller must hold all that the key holds, or be the key itself.
   *
   * @throws KeyNotFoundError, DelegationExceededError, RevokedKeyError, ExpiredKeyError, VersionMismatchError,
   *   ConcurrentChangeError
   * @throws UnacceptableFieldError if the grace period is not 0 to 604800 whole seconds
   * @throws RotationConflictError if another rotation came first, or the caller is this key and presents a previous
   *   secret
   */
  async rotate(caller: Caller, id: string, given: RotateOptions = {}): Promise<IssuedApiKey> {
    requireCaller(caller);
    requireMembers(given, ROTATION);
    const { gracePeriodSeconds = 0, ...options } = given;
    if (!isKeyId(id)) throw new KeyNotFoundError();
    requireGrace(gracePeriodSeconds);
    let token = '';
    // A key that rotates itself must present its current secret, see decision record 0011.
    let current = caller.presented?.keyId === id ? caller.presented.hash : undefined;
    const { after: key } = await this.change(caller, id, options, async (before, now) => {
      if (before.revokedAt !== undefined) throw new RevokedKeyError();
      if (isExpired(before, now)) throw new ExpiredKeyError();
      const found = currentSecret(before.secrets)?.hash;
      current ??= found;
      if (found !== current) throw new RotationConflictError();
      const holder = await this.narrowed(caller, before);
      // A key that rotates itself gains nothing, even if policies narrow it.
      if (caller.presented?.keyId !== id) requireCovered(holder, before);
      requireAssignable(holder, before.ownerId, grantOver(holder, before));
      requireSameCustomer(caller, before);
      const issued = issueToken(this.prefixOf(before), id);
      token = issued.token;
      const secrets = rotateSecrets(before.secrets, issued.hash, now, gracePeriodSeconds);
      return recordChange({ ...before, secrets }, now, { action: 'rotated', by: caller.actor });
    });
    return { key, token };
  }

  /** Returns the status of a key now. */
  statusOf(key: ApiKey): ApiKeyStatus {
    return statusOf(key, this.clock.now());
  }

  /** Reads a key, computes the change, and writes it if the stored version is still the same. Otherwise tries again. */
  private async change(
    caller: Caller,
    id: string,
    options: ChangeOptions,
    next: (
      before: ApiKeyWithHistory,
      now: Date,
    ) => ApiKeyWithHistory | undefined | Promise<ApiKeyWithHistory | undefined>,
  ): Promise<Changed> {
    requireCaller(caller);
    requireMembers(options, CHANGE);
    const { ifVersion } = options;
    const attempt = async (): Promise<Changed | undefined> => {
      const before = this.seen(caller, isKeyId(id) ? await this.repository.findWithHistory(id) : null);
      if (ifVersion !== undefined && !ifVersion.includes(before.version)) throw new VersionMismatchError();
      const changed = await next(before, this.clock.now());
      if (changed === undefined) return { before, after: before };
      const after = { ...changed, imposed: imposedAfter(before, changed, actsForOwner(caller, before)) };
      const isStored = await this.ceilings.hold(
        before,
        after,
        async () => {
          if (!(await this.repository.replace(after))) return false;
          this.listener?.changed(after);
          return true;
        },
        async () => this.moveBack(before, after),
      );
      return isStored ? { before, after } : undefined;
    };
    return retried(attempt, () => new ConcurrentChangeError());
  }

  /** Undoes a change that moved a key. If another change came after it, only the owner and the binding are restored. */
  private async moveBack(before: ApiKeyWithHistory, moved: ApiKeyWithHistory): Promise<void> {
    const { ownerId, orgId, projectId } = before;
    const attempt = async (): Promise<true | undefined> => {
      const current = await this.repository.findWithHistory(before.id);
      if (current === null || current.revokedAt !== undefined) return true;
      const { version, history, historyDropped } = current;
      const former = version === moved.version ? before : { ...current, ownerId, orgId, projectId };
      const back = recordChange({ ...former, version, history, historyDropped }, this.clock.now(), {
        action: 'updated',
        by: rootCaller('system').actor,
        fields: moved.history.at(-1)?.fields ?? [],
        reason: NO_ROOM,
      });
      if (!(await this.repository.replace(back))) return undefined;
      this.listener?.changed(back);
      return true;
    };
    await retried(attempt, () => new ConcurrentChangeError());
  }

  /**
   * Returns a caller with only what policies allow it to give. They narrow a session like the keys of its owner, and in an
   * organisation like the keys of that organisation. A presented key is already narrowed. See decision record 0093.
   */
  private async narrowed(caller: Caller, { orgId }: Grant): Promise<Caller> {
    if (caller.presented !== undefined || isUnlimited(caller)) return caller;
    const { scopes, grant, administered } = caller;
    const policies = await this.ceilings.policiesOf(slotSubjectsOf({ orgId, ownerId: grant.ownerId }));
    requireUnsuspended(policies);
    const narrow = (held: Grant): Grant => ({ ...held, scopes: scopesAllowedBy(policies, held.scopes) });
    return {
      ...caller,
      scopes: scopesAllowedBy(policies, scopes),
      grant: narrow(grant),
      administered: administered?.map(narrow),
    };
  }

  /** Returns the prefix of a new token. Keeps a prefix that is no longer configured, see decision record 0088. */
  private prefixOf({ prefix }: Pick<ApiKey, 'prefix'>): string {
    return prefix ?? this.prefixes[0] ?? DEFAULT_TOKEN_PREFIX;
  }

  private seen<K extends ApiKey>(caller: Caller, key: K | null): K {
    if (key === null || !sees(caller, key)) throw new KeyNotFoundError();
    return key;
  }
}
