import { assertVolatilePermit, type VolatileStoragePermit } from '../../../config/storage.config';
import { dayOf, daysAfter, type KeyUsage, type UsageSpan, type UsageTally } from '../../domain/usage';
import type { UsageRepository } from '../../ports/usage.repository';

/** Keeps usage in the memory of this process. For development and tests only. */
export class MemoryUsageRepository implements UsageRepository {
  readonly durability = 'volatile';
  private readonly counts = new Map<string, Map<number, number>>();
  private readonly last = new Map<string, number>();

  /** @throws ConfigurationError if the permit does not come from `StorageConfig` */
  constructor(permit: VolatileStoragePermit) {
    assertVolatilePermit(permit);
  }

  async prepare(): Promise<void> {}

  async add(tallies: readonly UsageTally[]): Promise<void> {
    for (const { keyId, hour, count, lastUsedAt } of tallies) {
      this.last.set(keyId, Math.max(this.last.get(keyId) ?? -Infinity, lastUsedAt.getTime()));
      if (count === 0) continue;
      const hours = this.counts.get(keyId) ?? new Map<number, number>();
      hours.set(hour.getTime(), (hours.get(hour.getTime()) ?? 0) + count);
      this.counts.set(keyId, hours);
    }
  }

  async probe(): Promise<void> {}

  async usageOf(keyId: string, { from, to }: UsageSpan): Promise<KeyUsage> {
    const last = this.last.get(keyId);
    return {
      hours: [...(this.counts.get(keyId) ?? [])]
        .filter(([hour]) => hour >= from.getTime() && hour < to.getTime())
        .toSorted(([one], [other]) => one - other)
        .map(([hour, count]) => ({ hour: new Date(hour), count })),
      ...(last !== undefined && { lastUsedAt: new Date(last) }),
    };
  }

  async lastUsed(keyIds: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    return new Map(
      keyIds.flatMap((keyId) => {
        const last = this.last.get(keyId);
        return last === undefined ? [] : [[keyId, new Date(last)] as const];
      }),
    );
  }

  async prune(before: Date): Promise<void> {
    for (const [keyId, hours] of this.counts) {
      for (const hour of hours.keys()) {
        if (daysAfter(dayOf(new Date(hour)), 1).getTime() <= before.getTime()) hours.delete(hour);
      }
      if (hours.size === 0) this.counts.delete(keyId);
    }
  }
}
