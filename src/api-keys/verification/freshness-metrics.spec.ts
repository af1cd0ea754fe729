import { register } from 'prom-client';
import { ScriptedFeed } from '../../../test/support/scripted-feed';
import { forgetFreshness, type Freshness, watchFreshness } from './freshness-metrics';

/** Returns the exported values of a metric, by their label `of`. */
async function valuesOf(name: string): Promise<Record<string, number>> {
  const metric = await register.getSingleMetric(name)?.get();
  return Object.fromEntries((metric?.values ?? []).map(({ labels, value }) => [labels['of'] ?? '', value]));
}

async function allValues(): Promise<(number | undefined)[]> {
  const names = [
    'key_cache_hits_total',
    'key_reads_total',
    'owner_reads_total',
    'policy_reads_total',
    'key_cache_entries',
  ];
  return Promise.all(names.map(async (name) => (await valuesOf(`keyward_${name}`))['']));
}

const AGE = 'keyward_change_feed_age_seconds';

describe('the freshness metrics', () => {
  let time = 10_000;
  const [ofKeys, ofOwners, ofPolicies] = [new ScriptedFeed(), new ScriptedFeed(), new ScriptedFeed()];
  const acme: Freshness = {
    keys: { hits: 3, reads: 2, size: 1, followed: ofKeys },
    owners: { reads: 5, followed: ofOwners },
    policies: { reads: 7, followed: ofPolicies },
  };
  const globex: Freshness = {
    keys: { hits: 30, reads: 20, size: 10, followed: undefined },
    owners: undefined,
    policies: undefined,
  };

  beforeEach(() => {
    jest.spyOn(performance, 'now').mockImplementation(() => time);
    for (const each of [acme, globex]) forgetFreshness(each);
  });
  afterEach(() => jest.restoreAllMocks());

  it('sum up the caches of all modules in a process', async () => {
    watchFreshness(acme);
    expect(await allValues()).toEqual([3, 2, 5, 7, 1]);
    watchFreshness(globex);
    expect(await allValues()).toEqual([33, 22, 5, 7, 11]);
    expect(await allValues()).toEqual([33, 22, 5, 7, 11]);
    forgetFreshness(acme);
    expect(await allValues()).toEqual([30, 20, 0, 0, 10]);
  });

  it('contain the time since the last proof of each feed', async () => {
    watchFreshness(acme);
    watchFreshness(globex);
    expect(await valuesOf(AGE)).toEqual({ keys: Infinity, owners: Infinity, policies: Infinity });
    ofKeys.prove();
    time += 1500;
    ofOwners.prove();
    ofPolicies.prove();
    expect(await valuesOf(AGE)).toEqual({ keys: 1.5, owners: 0, policies: 0 });
    ofOwners.provenAt = Infinity;
    expect(await valuesOf(AGE)).toEqual({ keys: 1.5, owners: 0, policies: 0 });
  });

  it('exclude a feed that is not followed yet', async () => {
    const young = { ...acme, owners: { reads: 0, followed: undefined }, policies: undefined };
    watchFreshness(young);
    expect(Object.keys(await valuesOf(AGE))).toEqual(['keys']);
    forgetFreshness(young);
  });

  it('exclude feeds that have stopped', async () => {
    watchFreshness(acme);
    forgetFreshness(acme);
    expect(await valuesOf(AGE)).toEqual({});
  });

  it('are registered again after a host clears the registry', async () => {
    register.clear();
    watchFreshness(acme);
    expect(await allValues()).toEqual([3, 2, 5, 7, 1]);
    const names = (await register.getMetricsAsJSON()).map(({ name, help }) => [name, help.length > 0]);
    expect(names).toHaveLength(6);
    expect(names.every(([, isExplained]) => isExplained)).toBe(true);
  });
});
