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

/** How long a place may be taken while its key is still being made. */
const SETTLED_AFTER_MS = 60_000;

/**
 * Keeps users from owning more live keys than they may. A place is taken in the user's own document before the key
 * is made, so that the limit holds under concurrency; a place whose key never came to be, or lives no more, is found
 * free again when a list is full.
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
      this.logger.warn(`a place was not given back: ${reasonOf(error)}`);
    }
  }

  /** One sweep of an owner at a time, however many ask: it reads every key of theirs. */
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
