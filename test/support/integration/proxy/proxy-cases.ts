import { itAdmitsByTheKey } from './admission-cases';
import { itIsNotDeceived } from './deception-cases';
import { itFailsClosed } from './failure-cases';
import { GuardedSite, type StartProxy } from './guarded-site';
import type { ProxyTest, ProxyTraits } from './proxy-test';

/** Defines the tests that every proxy with forward-auth must pass. */
export function itGuardsLikeEveryProxy(startProxy: StartProxy, traits: ProxyTraits): void {
  let prepared: ProxyTest | undefined;

  beforeAll(async () => {
    const site = await GuardedSite.start(startProxy, traits.environment);
    const readerOf = async (orgId: string): Promise<string> =>
      (await site.keyward.issue({ scopes: ['memory:read'], orgId })).token;
    prepared = { site, acmeReader: await readerOf('acme'), globexReader: await readerOf('globex') };
  });
  afterAll(async () => prepared?.site.stop());

  const test = (): ProxyTest => {
    if (prepared === undefined) throw new Error('the site did not start');
    return prepared;
  };
  itAdmitsByTheKey(test);
  itIsNotDeceived(test);
  itFailsClosed(test, traits);
}
