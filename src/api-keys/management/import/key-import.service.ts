import { Inject, Injectable, Optional } from '@nestjs/common';
import { KeywardError } from '../../../problems/keyward.error';
import { readStrictly } from '../../../problems/validation';
import {
  ConcurrentChangeError,
  ImportForbiddenError,
  ManagementScopesError,
  RevocationsForbiddenError,
  RevokedElsewhereError,
  TokenInRecordError,
} from '../api-keys.errors';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../../options/api-keys.options';
import { ApiKeysService } from '../api-keys.service';
import { CLOCK } from '../../ports/clock.token';
import { type ApiKey, type ApiKeyWithHistory, isExpired } from '../../domain/api-key';
import { type Caller, inheritedFrom, isUnlimited } from '../../domain/caller';
import type { Clock } from '../../ports/clock';
import { foreignKeyId } from '../../domain/token/foreign-token';
import { composeGrant } from '../../domain/grant-request';
import { imposedAfter } from '../../domain/imposed';
import { hashToken } from '../../domain/token/key-token';
import { recordChange } from '../../domain/key-change';
import { isManagementScope } from '../../domain/own-scopes';
import { grants } from '../../domain/scopes';
import { ImportedKeyDto } from './dto/imported-key.dto';
import { toCreate } from '../dto/key-request.mapper';
import { parseRfc3339 } from '../../../http/rfc3339';
import { KEY_CHANGE_LISTENER, type KeyChangeListener } from '../../ports/key-change.listener';
import { latestExpiry, requireAcceptable, requireAssignable, requireCovered } from '../grant-checks';
import { OWNER_SLOTS, type OwnerSlots } from '../../ports/owner-slots';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from '../../storage/api-key.repository';
import { KeyIdTakenError, StorageUnavailableError } from '../../../problems/storage.errors';
import { OWNER_STATUS, type OwnerStatus } from '../../ports/owner-status';
import type { ImportOptions } from './import-options';
import type { ImportOutcome } from './import-report';
import { prefixWarning } from './prefix-warning';

const MAX_TRIES = 5;

/** Before every expiry. */
const EVER = new Date(-8.64e15);

/** Why the history says that the key was revoked. */
const REVOKED_THERE = 'revoked in the system it was imported from';

/**
 * Takes keys that another system issued, by the hashes of their tokens, so that their holders keep them. Each
 * record stands or falls by itself, under the same rules as a create.
 */
@Injectable()
export class KeyImportService {
  constructor(
    @Inject(API_KEY_REPOSITORY) private readonly repository: ApiKeyRepository,
    @Inject(API_KEYS_OPTIONS) private readonly options: ApiKeysOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly keys: ApiKeysService,
    @Optional() @Inject(OWNER_STATUS) private readonly owners?: OwnerStatus,
    @Optional() @Inject(OWNER_SLOTS) private readonly slots?: OwnerSlots,
    @Optional() @Inject(KEY_CHANGE_LISTENER) private readonly listener?: KeyChangeListener,
  ) {}

  /**
   * Imports one record. A hash that is known is left alone, so that importing twice changes nothing. Only if the other
   * system revoked or disabled the key since, `applyRevocations` revokes or disables it here too.
   *
   * @param record anything; it is validated as an `ImportedKeyDto`
   * @throws ImportForbiddenError if the caller is bound to a tenant or acts for an owner, see decision record 0056
   * @throws RevocationsForbiddenError if the caller asks to apply revocations without `api-keys:write`
   * @throws StorageUnavailableError if the store cannot answer
   */
  async import(
    caller: Caller,
    record: unknown,
    line: number,
    options: ImportOptions = {},
  ): Promise<ImportOutcome> {
    if (!isUnlimited(caller)) throw new ImportForbiddenError();
    if (options.applyRevocations === true && !grants(caller.scopes, 'api-keys:write')) {
      throw new RevocationsForbiddenError();
    }
    const read = readStrictly(ImportedKeyDto, record);
    if ('faults' in read) {
      return refused(
        line,
        read.faults.map(({ field, message }) => `${field.slice(1) || 'the record'} ${message}`),
      );
    }
    try {
      return { line, ...(await this.take(caller, read.value, options)) };
    } catch (error) {
      if (!(error instanceof KeywardError) || error instanceof StorageUnavailableError) throw error;
      const faults = error.extensions.errors ?? [];
      return refused(
        line,
        faults.length > 0
          ? faults.map(({ field, message }) => `${field.slice(1)} ${message}`)
          : [error.message],
      );
    }
  }

  private async take(
    caller: Caller,
    record: ImportedKeyDto,
    options: ImportOptions,
  ): Promise<Omit<ImportOutcome, 'line'>> {
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      const known = await this.repository.find(foreignKeyId(record.hash));
      if (known !== null) return this.meet(caller, known, record, options);
      const key = await this.compose(caller, record, options);
      if (await this.insert(key)) {
        const warnings = [...warningsOf(key, this.clock.now()), ...this.prefixWarnings(record)];
        return { id: key.id, outcome: 'imported', ...(warnings.length > 0 && { warnings }) };
      }
    }
    throw new ConcurrentChangeError();
  }

  /** What becomes of a record whose key exists already. */
  private async meet(
    caller: Caller,
    key: ApiKey,
    record: ImportedKeyDto,
    { applyRevocations = false }: ImportOptions,
  ): Promise<Omit<ImportOutcome, 'line'>> {
    const isRevoked = record.revoked === true && key.revokedAt === undefined;
    const isDisabled = record.enabled === false && key.revokedAt === undefined && key.enabled;
    if (applyRevocations && isRevoked) await this.keys.revoke(caller, key.id, REVOKED_THERE);
    else if (applyRevocations && isDisabled) await this.keys.update(caller, key.id, { enabled: false });
    const warnings = this.prefixWarnings(record);
    return {
      id: key.id,
      outcome: 'known',
      ...((isRevoked || isDisabled) && { revocation: applyRevocations ? 'applied' : 'pending' }),
      ...(warnings.length > 0 && { warnings }),
    };
  }

  private async compose(
    caller: Caller,
    { hash, createdAt, revoked, ...rest }: ImportedKeyDto,
    { allowManagementScopes = false }: ImportOptions,
  ): Promise<ApiKeyWithHistory> {
    if (revoked === true) throw new RevokedElsewhereError();
    requireNoToken(hash, rest);
    const managing = allowManagementScopes ? [] : rest.scopes.filter(isManagementScope);
    if (managing.length > 0) throw new ManagementScopesError(managing);
    const now = this.clock.now();
    const request = toCreate(rest);
    const latest = latestExpiry(caller, this.options.tokens?.maxTtlDays, now);
    const grant = composeGrant(inheritedFrom(caller), request, latest);
    requireCovered(caller, grant);
    requireAssignable(caller, grant.ownerId);
    // A past expiry is imported as it is: the key gives nothing, and its holder is told that it expired.
    requireAcceptable(grant.expiresAt, latest, EVER);
    await this.requireOwner(grant.ownerId);
    const born = (createdAt === undefined ? undefined : parseRfc3339(createdAt)) ?? now;
    if (born.getTime() > now.getTime()) {
      throw new KeywardError('validation_failed', 'createdAt must not lie in the future.');
    }
    const blank: ApiKeyWithHistory = {
      ...grant,
      id: foreignKeyId(hash),
      name: request.name,
      description: request.description,
      createdBy: caller.actor,
      metadata: request.metadata ?? {},
      externalId: request.externalId,
      enabled: request.enabled ?? true,
      secrets: [{ hash, createdAt: born }],
      version: 0,
      createdAt: born,
      updatedAt: now,
      history: [],
      historyDropped: 0,
    };
    const imported = recordChange(blank, now, { action: 'imported', by: caller.actor });
    return { ...imported, imposed: imposedAfter({ ...blank, ownerId: undefined }, imported, false) };
  }

  private async requireOwner(ownerId: string | undefined): Promise<void> {
    if (ownerId === undefined || this.owners === undefined || (await this.owners.isActive(ownerId))) return;
    throw new KeywardError('validation_failed', 'ownerId names no active user.');
  }

  /** Whether the key was inserted. `false`: another import came first. */
  private async insert(key: ApiKeyWithHistory): Promise<boolean> {
    // Only live keys count against what an owner may have.
    if (key.ownerId !== undefined && !isExpired(key, key.updatedAt)) {
      await this.slots?.take(key.ownerId, key.id);
    }
    try {
      await this.repository.insert(key);
    } catch (error) {
      if (error instanceof KeyIdTakenError) return false;
      throw error;
    }
    this.listener?.changed(key);
    return true;
  }

  private prefixWarnings({ metadata }: ImportedKeyDto): readonly string[] {
    return prefixWarning(metadata?.['key_prefix'], this.options.tokens?.importPrefixes ?? []);
  }
}

/** @throws TokenInRecordError if a text of the record has the hash that the token has */
function requireNoToken(hash: string, { name, description, metadata }: Partial<ImportedKeyDto>): void {
  const isToken = (text: unknown): boolean => typeof text === 'string' && hashToken(text) === hash;
  if (isToken(name)) throw new TokenInRecordError('/name');
  if (isToken(description)) throw new TokenInRecordError('/description');
  if (Object.values(metadata ?? {}).some(isToken)) throw new TokenInRecordError('/metadata');
}

function refused(line: number, reasons: readonly string[]): ImportOutcome {
  return { line, outcome: 'refused', reasons };
}

function warningsOf(key: ApiKeyWithHistory, now: Date): readonly string[] {
  return [
    ...(key.scopes.length === 0 ? ['no scopes: the key has no access'] : []),
    ...(isExpired(key, now) ? ['expired: the key does not work'] : []),
  ];
}
