import { reasonOf } from '../../common/reason';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { type Clock, CLOCK } from '../../api-keys/ports/clock';
import { isExpired } from '../../api-keys/domain/api-key';
import type { OwnerSlots } from '../../api-keys/ports/owner-slots';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from '../../api-keys/storage/api-key.repository';
import { USER_REPOSITORY, type UserRepository } from '../storage/user.repository';
import { USERS_OPTIONS, type UsersOptions } from '../users.options';
import { KeyLimitReachedError } from '../users.errors';

const DEFAULT_MAX_KEYS = 50;

/** How long a slot may be reserved while its key is being created. */
const SETTLED_AFTER_MS = 60_000;

/**
 * Enforces the maximum number of live keys per user. A slot in the user's document is reserved before the key is created, so
 * the limit also holds for concurrent requests. When all slots are taken, those whose key does not exist or is no longer
 * live are freed.
 */
@Injectable()
export class KeySlots implements OwnerSlots {
  private readonly logger = new Logger(KeySlots.name);
  private readonly max: number;
  private readonly sweeps = new Map<string, Promise<void>>();

  constructor(
    @Inject(USER_REPOSITORY) private readonly users: UserRepository,
    @Inject(API_KEY_REPOSITORY) private readonly keys: ApiKeyRepository,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(USERS_OPTIONS) options: UsersOptions,
  ) {
    this.max = options.maxKeys ?? DEFAULT_MAX_KEYS;
  }

  async take(ownerId: string, keyId: string): Promise<void> {
    const slot = { keyId, at: this.clock.now() };
    if (await this.users.takeSlot(ownerId, slot, this.max)) return;
    await this.sweptOf(ownerId);
    if (!(await this.users.takeSlot(ownerId, slot, this.max))) throw new KeyLimitReachedError(this.max);
  }

  async giveBack(ownerId: string, keyId: string, takenUntil: Date): Promise<void> {
    try {
      await this.users.giveSlotsBack(ownerId, [keyId], takenUntil);
    } catch (error) {
      this.logger.warn(`cannot free the slot of a key: ${reasonOf(error)}`);
    }
  }

  /** Shares one sweep among concurrent calls for an owner, because a sweep reads every key of the owner. */
  private async sweptOf(ownerId: string): Promise<void> {
    const underWay = this.sweeps.get(ownerId) ?? this.sweep(ownerId);
    this.sweeps.set(ownerId, underWay);
    try {
      await underWay;
    } finally {
      if (this.sweeps.get(ownerId) === underWay) this.sweeps.delete(ownerId);
    }
  }

  private async sweep(ownerId: string): Promise<void> {
    const now = this.clock.now();
    const user = await this.users.find(ownerId);
    const settledUntil = new Date(now.getTime() - SETTLED_AFTER_MS - 1);
    const settled = (user?.keySlots ?? []).filter(({ at }) => at.getTime() <= settledUntil.getTime());
    const dead: string[] = [];
    for (const { keyId } of settled) {
      const key = await this.keys.find(keyId);
      const isLive = key?.ownerId === ownerId && key.revokedAt === undefined && !isExpired(key, now);
      if (!isLive) dead.push(keyId);
    }
    if (dead.length > 0) await this.users.giveSlotsBack(ownerId, dead, settledUntil);
  }
}
