import { retried } from '../../../common/retried';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { isForClients, KeywardError } from '../../../problems/keyward.error';
import { UnacceptableFieldError } from '../../../problems/unacceptable-field.error';
import { type MemberRules, requireMembers, SWITCH } from '../../../problems/members';
import { readStrictly } from '../../../problems/validation';
import { ConcurrentChangeError } from '../api-keys.errors';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../../options/api-keys.options';
import { ApiKeysService, NO_ROOM } from '../api-keys.service';
import { KeyCeilings } from '../key-ceilings.service';
import { type Clock, CLOCK } from '../../ports/clock';
import { type ApiKey, type ApiKeyWithHistory, isExpired } from '../../domain/api-key';
import { type Caller, inheritedFrom, isUnlimited, rootCaller } from '../../domain/caller';
import { slotSubjectsOf } from '../../domain/key-slot';
import { foreignKeyId } from '../../domain/token/foreign-token';
import { composeGrant } from '../../domain/grant-request';
import { newKey } from '../../domain/new-key';
import { hashToken } from '../../domain/token/key-token';
import { isManagementScope } from '../../domain/own-scopes';
import { grants } from '../../domain/scopes';
import { ImportedKeyDto } from './imported-key.dto';
import { toCreate } from '../key-request.mapper';
import { parseRfc3339 } from '../../../http/rfc3339';
import { KEY_CHANGE_LISTENER, type KeyChangeListener } from '../../ports/key-change.listener';
import {
  EVER,
  latestExpiry,
  requireAcceptable,
  requireAssignable,
  requireCaller,
  requireCovered,
} from '../grant-checks';
import { API_KEY_REPOSITORY, type ApiKeyRepository, KeyIdTakenError } from '../../storage/api-key.repository';
import { StorageUnavailableError } from '../../../problems/storage.errors';
import { OWNER_STATUS, type OwnerStatus } from '../../ports/owner-status';
import type { ImportOptions, ImportOutcome } from './import-report';
import { prefixWarning } from './prefix-warning';

/** The reason in the history of a key that an import revokes. */
const REVOKED_THERE = 'revoked in the system it was imported from';

const OPTIONS: MemberRules<ImportOptions> = { allowManagementScopes: SWITCH, applyRevocations: SWITCH };

/**
 * Imports keys that another system issued, by the hashes of their tokens, so that their holders keep their tokens. Each
 * record is imported or rejected separately, by the same rules as a create request.
 */
@Injectable()
export class KeyImportService {
  /** @internal Nest calls this constructor. */
  constructor(
    @Inject(API_KEY_REPOSITORY) private readonly repository: ApiKeyRepository,
    @Inject(API_KEYS_OPTIONS) private readonly options: ApiKeysOptions,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly keys: ApiKeysService,
    @Optional() @Inject(OWNER_STATUS) private readonly owners?: OwnerStatus,
    @Optional() private readonly ceilings: KeyCeilings = new KeyCeilings(repository, clock),
    @Optional() @Inject(KEY_CHANGE_LISTENER) private readonly listener?: KeyChangeListener,
  ) {}

  /**
   * Imports one record. A known key does not change, so a second import of the same record changes nothing. If the
   * other system has revoked or disabled a known key, `applyRevocations` does the same here.
   *
   * @param record any value; it is validated as an `ImportedKeyDto`
   * @param line the position of the record, beginning with 1
   * @throws KeywardError `forbidden` if the caller is bound to a tenant or acts for an owner, see decision record 0056
   * @throws KeywardError `forbidden` if the caller asks to apply revocations without `api-keys:write`
   * @throws StorageUnavailableError if the store cannot answer
   */
  async import(
    caller: Caller,
    record: unknown,
    line: number,
    options: ImportOptions = {},
  ): Promise<ImportOutcome> {
    requireCaller(caller);
    requireMembers(options, OPTIONS);
    // The first import of a hash decides what its token gives access to.
    if (!isUnlimited(caller)) {
      throw new KeywardError(
        'forbidden',
        'Import with a key that is neither bound to a tenant nor owned by a user, or with the CLI.',
      );
    }
    if (options.applyRevocations === true && !grants(caller.scopes, 'api-keys:write')) {
      throw new KeywardError(
        'forbidden',
        'Apply revocations with a key that holds api-keys:write, or with the CLI.',
      );
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
      if (!isForClients(error) || error instanceof StorageUnavailableError) throw error;
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
    const attempt = async (): Promise<Omit<ImportOutcome, 'line'> | undefined> => {
      const known = await this.repository.find(foreignKeyId(record.hash));
      if (known !== null) return this.meet(caller, known, record, options);
      const key = await this.compose(caller, record, options);
      if (!(await this.insert(key))) return undefined;
      const warnings = [...warningsOf(key, this.clock.now()), ...this.prefixWarnings(record)];
      return { id: key.id, outcome: 'imported', ...(warnings.length > 0 && { warnings }) };
    };
    return retried(attempt, () => new ConcurrentChangeError());
  }

  /** Compares a record with its existing key, and reports or applies a revocation by the other system. */
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
    if (revoked === true) {
      throw new KeywardError(
        'validation_failed',
        'The other system revoked this key: there is nothing to import.',
      );
    }
    requireNoToken(hash, rest);
    const managing = allowManagementScopes ? [] : rest.scopes.filter(isManagementScope);
    if (managing.length > 0) throw managementScopes(managing);
    const now = this.clock.now();
    const request = toCreate(rest);
    const inherited = inheritedFrom(caller);
    const subjects = slotSubjectsOf(composeGrant(inherited, request, undefined));
    const policyDays = await this.ceilings.maxTtlDays(subjects);
    const latest = latestExpiry(caller, this.options.tokens?.maxTtlDays, policyDays, now);
    const grant = composeGrant(inherited, request, latest);
    requireCovered(caller, grant);
    requireAssignable(caller, grant.ownerId);
    // A past expiry is imported unchanged: the key gives no access, and its holder learns that it expired.
    requireAcceptable(grant.expiresAt, latest, EVER);
    await this.requireOwner(grant.ownerId);
    const born = (createdAt === undefined ? undefined : parseRfc3339(createdAt)) ?? now;
    if (born.getTime() > now.getTime()) {
      throw new KeywardError('validation_failed', 'createdAt must not be in the future.');
    }
    const origin = { id: foreignKeyId(hash), hash, action: 'imported', createdAt: born } as const;
    return newKey(caller, grant, request, origin, now);
  }

  private async requireOwner(ownerId: string | undefined): Promise<void> {
    if (ownerId === undefined || this.owners === undefined || (await this.owners.isActive(ownerId))) return;
    throw new KeywardError('validation_failed', 'ownerId must be the id of an active user.');
  }

  /** Inserts the key. Returns `false` if another import came first. */
  private async insert(key: ApiKeyWithHistory): Promise<boolean> {
    const write = async (): Promise<boolean> => {
      try {
        await this.repository.insert(key);
      } catch (error) {
        if (error instanceof KeyIdTakenError) return false;
        throw error;
      }
      this.listener?.changed(key);
      return true;
    };
    return this.ceilings.hold(undefined, key, write, async () =>
      this.keys.revoke(rootCaller('system'), key.id, NO_ROOM),
    );
  }

  private prefixWarnings({ metadata }: ImportedKeyDto): readonly string[] {
    return prefixWarning(metadata?.['key_prefix'], this.options.tokens?.importPrefixes ?? []);
  }
}

/** @throws UnacceptableFieldError if a text field of the record contains the token itself */
function requireNoToken(hash: string, { name, description, metadata }: Partial<ImportedKeyDto>): void {
  const isToken = (text: unknown): boolean => typeof text === 'string' && hashToken(text) === hash;
  if (isToken(name)) throw tokenIn('/name');
  if (isToken(description)) throw tokenIn('/description');
  if (Object.values(metadata ?? {}).some(isToken)) throw tokenIn('/metadata');
}

function tokenIn(field: string): UnacceptableFieldError {
  return new UnacceptableFieldError(field, 'contains the token itself, which is never stored: remove it');
}

/**
 * Returns the error for scopes of Keyward's own routes in a record. In the other system they can mean something else.
 */
function managementScopes(scopes: readonly string[]): UnacceptableFieldError {
  return new UnacceptableFieldError(
    '/scopes',
    `give access to Keyward itself: ${scopes.join(', ')}. Map them to scopes of your own (--map-scope), ` +
      'or allow them (--allow-management-scopes, over HTTP allowManagementScopes=true)',
  );
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
