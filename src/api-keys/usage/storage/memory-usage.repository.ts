import { assertVolatilePermit, type VolatileStoragePermit } from '../../../config/storage.config';
import {
  dayOf,
  daysAfter,
  type HourlyOutcomes,
  type KeyUsage,
  type OutcomeCount,
  sumOf,
  type UsageSpan,
  type UsageSubject,
  type UsageTally,
  useOf,
} from '../../domain/usage';
import type { UsageGroupQuery, UsageGroups, UsageRepository } from '../../ports/usage.repository';
import { nameIn, seriesOf, sumsOf } from './usage-series';

interface LastUse {
  readonly ms: number;
  readonly address: string | undefined;
}

/** Keeps usage in the memory of this process. For development and tests only. */
export class MemoryUsageRepository implements UsageRepository {
  readonly durability = 'volatile';
  private readonly counts = new Map<string, Map<number, readonly OutcomeCount[]>>();
  private readonly last = new Map<string, LastUse>();

  /** @throws ConfigurationError if the permit does not come from `StorageConfig` */
  constructor(permit: VolatileStoragePermit) {
    assertVolatilePermit(permit);
  }

  async prepare(): Promise<void> {}

  async add(tallies: readonly UsageTally[]): Promise<void> {
    for (const tally of tallies) {
      const { keyId, hour, outcomes, lastUsedAt, lastAddress: address } = tally;
      const ms = lastUsedAt?.getTime() ?? -Infinity;
      if (ms > (this.last.get(keyId)?.ms ?? -Infinity)) this.last.set(keyId, { ms, address });
      if (outcomes.length === 0) continue;
      for (const series of [keyId, ...sumsOf(tally)]) {
        const hours = this.counts.get(series) ?? new Map<number, readonly OutcomeCount[]>();
        hours.set(hour.getTime(), sumOf([...(hours.get(hour.getTime()) ?? []), ...outcomes]));
        this.counts.set(series, hours);
      }
    }
  }

  async probe(): Promise<void> {}

  async usageOf(keyId: string, span: UsageSpan): Promise<KeyUsage> {
    const last = this.last.get(keyId);
    return {
      hours: this.within(seriesOf({ keyId }), span).map(useOf),
      ...(last !== undefined && { lastUsedAt: new Date(last.ms) }),
      ...(last?.address !== undefined && { lastAddress: last.address }),
    };
  }

  async hoursOf(
    subjects: readonly UsageSubject[],
    span: UsageSpan,
  ): Promise<readonly (readonly HourlyOutcomes[])[]> {
    return subjects.map((subject) => this.within(seriesOf(subject), span));
  }

  async groups({ by, orgId, ownerId, span, after, limit }: UsageGroupQuery): Promise<UsageGroups> {
    const kind = orgId === undefined && ownerId === undefined ? by : 'pair';
    const groups = [...this.counts.keys()]
      .map((series) => ({ series, parts: series.split('/') }))
      .filter(
        ({ series, parts }) =>
          parts[0] === kind &&
          (orgId === undefined || series.startsWith(seriesOf({ orgId, ownerId: '' }))) &&
          (ownerId === undefined || series === seriesOf({ orgId: nameIn(parts[1] ?? '') ?? '', ownerId })),
      )
      .map(({ series, parts }) => ({ series, part: parts[orgId === undefined ? 1 : 2] ?? '' }))
      .filter(({ part }) => after === undefined || `${part}/` > `${after}0`)
      .toSorted((one, other) => (`${one.part}/` < `${other.part}/` ? -1 : 1))
      .map(({ series, part }) => ({
        part,
        name: nameIn(part),
        outcomes: sumOf(this.within(series, span).flatMap(({ outcomes }) => outcomes)),
      }))
      .filter(({ outcomes }) => outcomes.length > 0);
    const page = groups.slice(0, limit);
    return {
      groups: page.map(({ name, outcomes }) => ({ name, outcomes })),
      ...(groups.length > limit && { next: page.at(-1)?.part }),
    };
  }

  async lastUsed(keyIds: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    return new Map(
      keyIds.flatMap((keyId) => {
        const last = this.last.get(keyId);
        return last === undefined ? [] : [[keyId, new Date(last.ms)] as const];
      }),
    );
  }

  async prune(before: Date): Promise<void> {
    for (const [series, hours] of this.counts) {
      for (const hour of hours.keys()) {
        if (daysAfter(dayOf(new Date(hour)), 1).getTime() <= before.getTime()) hours.delete(hour);
      }
      if (hours.size === 0) this.counts.delete(series);
    }
  }

  private within(series: string, { from, to }: UsageSpan): readonly HourlyOutcomes[] {
    return [...(this.counts.get(series) ?? [])]
      .filter(([hour]) => hour >= from.getTime() && hour < to.getTime())
      .toSorted(([one], [other]) => one - other)
      .map(([hour, outcomes]) => ({
        hour: new Date(hour),
        outcomes: outcomes.map((outcome) => ({ ...outcome })),
      }));
  }
}
