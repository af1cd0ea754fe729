import { register } from 'prom-client';
import { ScriptedFeed } from '../../../test/support/scripted-feed';
import { forgetFreshness, type Freshness, watchFreshness } from './freshness-metrics';

/** What Prometheus is told of a metric: its values, by what they are of. */
async function told(name: string): Promise<Record<string, number>> {
  const metric = await register.getSingleMetric(name)?.get();
  return Object.fromEntries((metric?.values ?? []).map(({ labels, value }) => [labels['of'] ?? '', value]));
}

async function toldOfAll(): Promise<(number | undefined)[]> {
  const names = ['key_cache_hits_total', 'key_reads_total', 'owner_reads_total', 'key_cache_entries'];
  return Promise.all(names.map(async (name) => (await told(`keyward_${name}`))['']));
}

const AGE = 'keyward_change_feed_age_seconds';

describe('an operator', () => {
  let time = 10_000;
  const [ofKeys, ofOwners] = [new ScriptedFeed(), new ScriptedFeed()];
  const acme: Freshness = {
    keys: { hits: 3, reads: 2, size: 1, followed: ofKeys },
    owners: { reads: 5, followed: ofOwners },
  };
  const globex: Freshness = {
    keys: { hits: 30, reads: 20, size: 10, followed: undefined },
    owners: undefined,
  };

  beforeEach(() => {
    jest.spyOn(performance, 'now').mockImplementation(() => time);
    for (const each of [acme, globex]) forgetFreshness(each);
  });
  afterEach(() => jest.restoreAllMocks());

  it('sees the caches of all modules of a process together', async () => {
    watchFreshness(acme);
    expect(await toldOfAll()).toEqual([3, 2, 5, 1]);
    watchFreshness(globex);
    expect(await toldOfAll()).toEqual([33, 22, 5, 11]);
    expect(await toldOfAll()).toEqual([33, 22, 5, 11]);
    forgetFreshness(acme);
    expect(await toldOfAll()).toEqual([30, 20, 0, 10]);
  });

  it('sees how long ago each feed proved that it is up to date', async () => {
    watchFreshness(acme);
    watchFreshness(globex);
    expect(await told(AGE)).toEqual({ keys: Infinity, owners: Infinity });
    ofKeys.prove();
    time += 1500;
    ofOwners.prove();
    expect(await told(AGE)).toEqual({ keys: 1.5, owners: 0 });
    ofOwners.provenAt = Infinity;
    expect(await told(AGE)).toEqual({ keys: 1.5, owners: 0 });
  });

  it('is not told of a feed that nobody follows yet, as if it had failed', async () => {
    const young = { ...acme, owners: { reads: 0, followed: undefined } };
    watchFreshness(young);
    expect(Object.keys(await told(AGE))).toEqual(['keys']);
    forgetFreshness(young);
  });

  it('hears no more of feeds that have ended', async () => {
    watchFreshness(acme);
    forgetFreshness(acme);
    expect(await told(AGE)).toEqual({});
  });

  it('may have the register emptied, as a host’s tests do: the metrics come again', async () => {
    register.clear();
    watchFreshness(acme);
    expect(await toldOfAll()).toEqual([3, 2, 5, 1]);
    const names = (await register.getMetricsAsJSON()).map(({ name, help }) => [name, help.length > 0]);
    expect(names).toHaveLength(5);
    expect(names.every(([, isExplained]) => isExplained)).toBe(true);
  });
});
