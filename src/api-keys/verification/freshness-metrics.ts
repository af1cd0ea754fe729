import type { Counter } from 'prom-client';
import { prometheus } from '../../common/shared-metric';
import type { ChangeFeed } from '../../change-feed/change-feed';

/** The caches and feeds that the metrics report. */
export interface Freshness {
  readonly keys: FollowedCache & { readonly hits: number; readonly size: number };
  readonly owners: FollowedCache | undefined;
  readonly policies: FollowedCache | undefined;
}

interface FollowedCache {
  readonly reads: number;
  /** The feed that the cache follows; `undefined` before the first read, and without a feed. */
  readonly followed: ChangeFeed | undefined;
}

type Prometheus = NonNullable<typeof prometheus>;

const watched = new Set<Freshness>();

/** Adds these caches and feeds to the metrics of this process, if it has metrics. */
export function watchFreshness(freshness: Freshness): void {
  if (prometheus === undefined) return;
  if (prometheus.register.getSingleMetric(AGE) === undefined) registerMetrics(prometheus);
  watched.add(freshness);
}

/** Removes these caches and feeds from the metrics. */
export function forgetFreshness(freshness: Freshness): void {
  watched.delete(freshness);
}

const AGE = 'keyward_change_feed_age_seconds';

/** Registers the metrics. Caches count in plain numbers, which are read at each scrape. */
function registerMetrics(client: Prometheus): void {
  const { Gauge, register } = client;
  const metrics = [
    total(
      client,
      'keyward_key_cache_hits_total',
      'Decisions with a cached key, without a read.',
      ({ keys }) => keys.hits,
    ),
    total(
      client,
      'keyward_key_reads_total',
      'Reads of keys from the store for decisions.',
      ({ keys }) => keys.reads,
    ),
    total(
      client,
      'keyward_owner_reads_total',
      'Reads of owners for decisions.',
      ({ owners }) => owners?.reads ?? 0,
    ),
    total(
      client,
      'keyward_policy_reads_total',
      'Reads of policies for decisions.',
      ({ policies }) => policies?.reads ?? 0,
    ),
    new Gauge({
      name: 'keyward_key_cache_entries',
      help: 'Cached keys.',
      registers: [],
      collect() {
        this.set(sumOf(({ keys }) => keys.size));
      },
    }),
    new Gauge({
      name: AGE,
      help: 'Seconds since a followed change feed last proved that it is up to date; +Inf before its first proof.',
      labelNames: ['of'],
      registers: [],
      collect() {
        this.reset();
        for (const freshness of watched) {
          for (const what of ['keys', 'owners', 'policies'] as const) {
            const feed = freshness[what]?.followed;
            if (feed !== undefined) this.set({ of: what }, ageOf(feed));
          }
        }
      },
    }),
  ];
  for (const metric of metrics) register.registerMetric(metric);
}

function total(
  { Counter }: Prometheus,
  name: string,
  help: string,
  read: (freshness: Freshness) => number,
): Counter {
  return new Counter({
    name,
    help,
    registers: [],
    collect() {
      this.reset();
      this.inc(sumOf(read));
    },
  });
}

function sumOf(read: (freshness: Freshness) => number): number {
  return [...watched].reduce((sum, each) => sum + read(each), 0);
}

function ageOf({ provenAt }: ChangeFeed): number {
  return Math.max(0, (performance.now() - provenAt) / 1000);
}
