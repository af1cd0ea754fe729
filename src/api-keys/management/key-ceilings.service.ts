import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import type { ReadOptions } from '../../change-feed/change-feed';
import { reasonOf } from '../../common/reason';
import { retried } from '../../common/retried';
import { ConfigurationError } from '../../problems/configuration.error';
import { type ApiKey, type Grant, isExpired } from '../domain/api-key';
import { type KeySlot, keysOfSubject, type SlotSubject, slotSubjectsOf } from '../domain/key-slot';
import { DEFAULT_POLICY_ID, type PolicyState } from '../domain/policy-state';
import { type Clock, CLOCK } from '../ports/clock';
import { OWNER_KEY_LIMIT, type OwnerKeyLimit } from '../ports/owner-key-limit';
import { POLICIES, type Policies } from '../ports/policies';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from '../storage/api-key.repository';
import type { KeySlots, SubjectSlots } from '../storage/key-slots';
import { ConcurrentChangeError, KeyLimitReachedError } from './api-keys.errors';

/** How long a slot may be reserved for a key that is not stored, and how long seeded slots are used. */
const SETTLED_AFTER_MS = 60_000;

/** One more than the largest maximum, so that a record of slots shows that there is no room. */
const MAX_SLOTS = 1001;

/** The maximum number of ids that `findMany` accepts. */
const PAGE = 100;

/** While a maximum is being set, each concurrent request writes the slots once. */
const TRIES = 20;

/**
 * Enforces the maximum number of live keys per owner and per organisation. A slot is reserved before a key is stored, so
 * that the maximum also holds for concurrent requests of all instances. Decision record 0094 explains why it is exact.
 */
@Injectable()
export class KeyCeilings {
  private readonly logger = new Logger(KeyCeilings.name);
  private readonly seeding = new Map<SlotSubject, Promise<SubjectSlots>>();

  /** @throws ConfigurationError if keys can have a maximum number, and their store has no slots */
  constructor(
    @Inject(API_KEY_REPOSITORY) private readonly keys: ApiKeyRepository,
    @Inject(CLOCK) private readonly clock: Clock,
    @Optional() @Inject(POLICIES) private readonly policies?: Policies,
    @Optional() @Inject(OWNER_KEY_LIMIT) private readonly owners?: OwnerKeyLimit,
  ) {
    if ((policies ?? owners) === undefined || keys.slots !== undefined) return;
    throw new ConfigurationError(
      'users and policies limit the number of keys, and the store of API keys does not support it: implement "slots" in the repository.',
    );
  }

  /** Returns the smallest `maxTtlDays` of the policies of these subjects; `Infinity` if none has it. */
  async maxTtlDays(subjects: readonly SlotSubject[]): Promise<number> {
    const found = await Promise.all(subjects.map(async (subject) => this.policyOf(subject)));
    return Math.min(...found.map((policy) => policy?.maxTtlDays ?? Infinity));
  }

  /** Reads the existing policies of these subjects from the store. */
  async policiesOf(subjects: readonly SlotSubject[]): Promise<readonly PolicyState[]> {
    const reading = subjects.map(async (subject) => this.policyOf(subject, { linearizable: true }));
    return (await Promise.all(reading)).flatMap((policy) => (policy?.exists === true ? [policy] : []));
  }

  /** Returns the owner and the organisation that a live key gets by a change, or by its creation. */
  entered(before: Grant | undefined, after: ApiKey): readonly SlotSubject[] {
    if (after.revokedAt !== undefined || isExpired(after, this.clock.now())) return [];
    const former = before === undefined ? [] : slotSubjectsOf(before);
    return slotSubjectsOf(after).filter((subject) => !former.includes(subject));
  }

  /**
   * Stores a key while it has a slot for each owner or organisation that it gets. Reads the policies again after the write,
   * because a maximum may have been set in the meantime.
   *
   * @param write stores the key; returns `false` if another change came first
   * @param undo undoes the write, because there is no room for the key
   * @throws KeyLimitReachedError
   */
  async hold(
    before: Grant | undefined,
    after: ApiKey,
    write: () => Promise<boolean>,
    undo: () => Promise<unknown>,
  ): Promise<boolean> {
    const { slots } = this.keys;
    const entered = this.entered(before, after).filter((subject) => this.canLimit(subject));
    if (slots === undefined || entered.length === 0) return write();
    const began = this.clock.now().getTime();
    const taken = await this.takeAll(slots, entered, after.id);
    if (!(await write())) return false;
    // A slot that was reserved long ago may have been freed before the key was stored.
    const isLate = this.clock.now().getTime() - began > SETTLED_AFTER_MS / 2;
    const unsure = isLate ? entered : entered.filter((subject) => !taken.includes(subject));
    try {
      await Promise.all(unsure.map(async (subject) => slots.forget(subject, after.id)));
      for (const subject of unsure) await this.take(slots, subject, after.id, true);
    } catch (error) {
      await undo();
      throw error;
    }
    return true;
  }

  /**
   * Frees the slots of a key at the owner and the organisation that it lost by a change. Never rejects. If the store fails,
   * the slots are freed later, when no slot is left.
   */
  async release(before: Grant, after: ApiKey): Promise<void> {
    const kept = after.revokedAt === undefined ? slotSubjectsOf(after) : [];
    const lost = slotSubjectsOf(before).filter(
      (subject) => !kept.includes(subject) && this.canLimit(subject),
    );
    try {
      await Promise.all(
        lost.map(async (subject) => this.keys.slots?.free(subject, after.id, after.updatedAt)),
      );
    } catch (error) {
      this.logger.warn(`cannot free the slot of a key: ${reasonOf(error)}`);
    }
  }

  private canLimit(subject: SlotSubject): boolean {
    return this.policies !== undefined || (this.owners !== undefined && subject.startsWith('owner:'));
  }

  /** Reserves a slot for each subject with a maximum, or for none of them. Returns the subjects with a slot. */
  private async takeAll(
    slots: KeySlots,
    subjects: readonly SlotSubject[],
    keyId: string,
  ): Promise<readonly SlotSubject[]> {
    const taken: SlotSubject[] = [];
    try {
      for (const subject of subjects) if (await this.take(slots, subject, keyId, false)) taken.push(subject);
    } catch (error) {
      // The slots are seeded again, because another request may have moved the same key to the same subject.
      await Promise.all(taken.map(async (subject) => slots.forget(subject, keyId)));
      throw error;
    }
    return taken;
  }

  /**
   * Reserves a slot if the subject has a maximum.
   *
   * @param isStored whether the key is stored. Seeding then adds its slot, which it loses again if there are too many.
   * @returns whether the subject has a maximum
   * @throws KeyLimitReachedError if no slot is free
   */
  private async take(
    slots: KeySlots,
    subject: SlotSubject,
    keyId: string,
    isStored: boolean,
  ): Promise<boolean> {
    const max = await this.maxKeysOf(subject, { linearizable: isStored });
    if (max === Infinity) return false;
    const attempt = async (): Promise<true | undefined> => {
      const now = this.clock.now();
      const since = new Date(now.getTime() - SETTLED_AFTER_MS);
      if (await slots.take(subject, { keyId, at: now }, max, since)) return true;
      const { slots: reserved } = await this.seeded(slots, subject);
      const others = reserved.filter((slot) => slot.keyId !== keyId).length;
      if (others < max || (isStored && !(await slots.yield(subject, keyId, max)))) return undefined;
      throw new KeyLimitReachedError(subject.startsWith('org:') ? 'organisation' : 'owner', max);
    };
    return retried(attempt, () => new ConcurrentChangeError(), TRIES);
  }

  private async maxKeysOf(subject: SlotSubject, options: ReadOptions): Promise<number> {
    const { ownerId } = keysOfSubject(subject);
    const [policy, ofUser] = await Promise.all([
      this.policyOf(subject, options),
      ownerId === undefined ? undefined : this.owners?.maxKeysOf(ownerId, options),
    ]);
    return Math.min(policy?.maxKeys ?? Infinity, ofUser ?? Infinity);
  }

  private async policyOf(subject: SlotSubject, options?: ReadOptions): Promise<PolicyState | undefined> {
    const own = await this.policies?.find(subject, options);
    if (own?.exists !== false || subject.startsWith('owner:')) return own;
    return this.policies?.find(DEFAULT_POLICY_ID, options);
  }

  /** Shares one seeding among concurrent calls for a subject, because it reads all live keys. */
  private async seeded(slots: KeySlots, subject: SlotSubject): Promise<SubjectSlots> {
    const underWay = this.seeding.get(subject) ?? this.seed(slots, subject);
    this.seeding.set(subject, underWay);
    try {
      return await underWay;
    } finally {
      if (this.seeding.get(subject) === underWay) this.seeding.delete(subject);
    }
  }

  /**
   * Compares the slots with the live keys: adds missing ones, and frees those whose key is not live. Reads the slots before
   * the keys, so that a write in between is noticed.
   */
  private async seed(slots: KeySlots, subject: SlotSubject): Promise<SubjectSlots> {
    let first: SubjectSlots | undefined;
    const attempt = async (): Promise<SubjectSlots | undefined> => {
      const kept = await slots.open(subject);
      first ??= kept;
      // Another instance has seeded them since the first attempt.
      if (kept.seededAt !== undefined && kept.seededAt.getTime() !== first.seededAt?.getTime()) return kept;
      const now = this.clock.now();
      const live = await slots.live(subject, now, MAX_SLOTS);
      const alive = new Set(live.map(({ keyId }) => keyId));
      const missing = kept.slots.filter(({ keyId }) => !alive.has(keyId));
      const settled = missing.filter(({ at }) => now.getTime() - at.getTime() > SETTLED_AFTER_MS);
      const dead = await this.deadAmong(settled, subject, now);
      const reserved = kept.slots.filter(({ keyId }) => !dead.has(keyId));
      const known = new Set(reserved.map(({ keyId }) => keyId));
      const next = {
        slots: [...reserved, ...live.filter(({ keyId }) => !known.has(keyId))],
        // Keys beyond the limit are not known, so the slots must be compared again before the next take.
        seededAt: live.length < MAX_SLOTS ? now : undefined,
      };
      const isStored = await slots.seed(subject, kept.revision, next);
      return isStored ? { ...next, revision: kept.revision + 1 } : undefined;
    };
    return retried(attempt, () => new ConcurrentChangeError(), TRIES);
  }

  /** Returns the ids of the keys that are not live keys of the subject. Reads each by its id before it loses its slot. */
  private async deadAmong(
    reserved: readonly KeySlot[],
    subject: SlotSubject,
    now: Date,
  ): Promise<ReadonlySet<string>> {
    const ids = reserved.map(({ keyId }) => keyId);
    const dead = new Set(ids);
    for (let start = 0; start < ids.length; start += PAGE) {
      for (const key of await this.keys.findMany(ids.slice(start, start + PAGE))) {
        const isLive = key.revokedAt === undefined && !isExpired(key, now);
        if (isLive && slotSubjectsOf(key).includes(subject)) dead.delete(key.id);
      }
    }
    return dead;
  }
}
