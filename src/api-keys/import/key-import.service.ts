import { Inject, Injectable, Optional } from '@nestjs/common';
import { KeywardError } from '../../problems/keyward.error';
import { readStrictly } from '../../problems/validation';
import { ConcurrentChangeError, ImportForbiddenError } from '../api-keys.errors';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../api-keys.options';
import { CLOCK } from '../clock.token';
import type { ApiKeyWithHistory } from '../domain/api-key';
import { type Caller, inheritedFrom, isUnlimited } from '../domain/caller';
import type { Clock } from '../domain/clock';
import { foreignKeyId } from '../domain/foreign-token';
import { composeGrant } from '../domain/grant-request';
import { imposedAfter } from '../domain/imposed';
import { recordChange } from '../domain/key-change';
import { ImportedKeyDto } from '../dto/imported-key.dto';
import { toCreate } from '../dto/key-request.mapper';
import { parseRfc3339 } from '../dto/rfc3339';
import { KeyEventPublisher } from '../events/key-event.publisher';
import { latestExpiry, requireAcceptable, requireAssignable, requireCovered } from '../grant-checks';
import { OWNER_SLOTS, type OwnerSlots } from '../owner-slots';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from '../storage/api-key.repository';
import { KeyIdTakenError, StorageUnavailableError } from '../storage/storage.errors';
import { OWNER_STATUS, type OwnerStatus } from '../verification/owner-status';
import type { ImportOutcome } from './import-report';

const MAX_TRIES = 5;

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
    @Optional() @Inject(OWNER_STATUS) private readonly owners?: OwnerStatus,
    @Optional() @Inject(OWNER_SLOTS) private readonly slots?: OwnerSlots,
    @Optional() private readonly events?: KeyEventPublisher,
  ) {}

  /**
   * Imports one record. Insert only: a hash that is known is left alone, revoked or not, so that importing twice
   * changes nothing.
   *
   * @param record anything; it is validated as an `ImportedKeyDto`
   * @throws ImportForbiddenError if the caller is bound to a tenant or acts for an owner, see decision record 0056
   * @throws StorageUnavailableError if the store cannot answer
   */
  async import(caller: Caller, record: unknown, line: number): Promise<ImportOutcome> {
    if (!isUnlimited(caller)) throw new ImportForbiddenError();
    const read = readStrictly(ImportedKeyDto, record);
    if ('faults' in read) {
      return refused(
        line,
        read.faults.map(({ field, message }) => `${field.slice(1) || 'the record'} ${message}`),
      );
    }
    try {
      const key = await this.compose(caller, read.value);
      const outcome = await this.insert(key);
      return { line, id: key.id, outcome, ...warningsOf(key, this.options) };
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

  private async compose(
    caller: Caller,
    { hash, createdAt, ...rest }: ImportedKeyDto,
  ): Promise<ApiKeyWithHistory> {
    const now = this.clock.now();
    const request = toCreate(rest);
    const latest = latestExpiry(caller, this.options.maxTtlDays, now);
    const grant = composeGrant(inheritedFrom(caller), request, latest);
    requireCovered(caller, grant);
    requireAssignable(caller, grant.ownerId);
    requireAcceptable(grant.expiresAt, latest, now);
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

  private async insert(key: ApiKeyWithHistory): Promise<'imported' | 'known'> {
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      if ((await this.repository.find(key.id)) !== null) return 'known';
      if (key.ownerId !== undefined) await this.slots?.take(key.ownerId, key.id);
      try {
        await this.repository.insert(key);
        this.events?.changed(key);
        return 'imported';
      } catch (error) {
        if (!(error instanceof KeyIdTakenError)) throw error;
      }
    }
    throw new ConcurrentChangeError();
  }
}

function refused(line: number, reasons: readonly string[]): ImportOutcome {
  return { line, outcome: 'refused', reasons };
}

function warningsOf(key: ApiKeyWithHistory, options: ApiKeysOptions): Pick<ImportOutcome, 'warnings'> {
  const warnings = [
    ...(key.scopes.length === 0 ? ['no scopes: the key has no access'] : []),
    ...((options.importTokenPrefixes ?? []).length === 0
      ? ['IMPORT_TOKEN_PREFIXES is unset: tokens of other systems are not looked at']
      : []),
  ];
  return warnings.length > 0 ? { warnings } : {};
}
