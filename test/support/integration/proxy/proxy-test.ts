import type { GuardedSite } from './guarded-site';
import type { WireAnswer } from './send';

export const ACME = '/orgs/acme/memories';
export const GLOBEX = '/orgs/globex/memories';

/** The site that all tests use, and a key of each tenant with the scope `memory:read`. */
export interface ProxyTest {
  readonly site: GuardedSite;
  readonly acmeReader: string;
  readonly globexReader: string;
}

/** The properties in which proxies differ. */
export interface ProxyTraits {
  /** Settings that Keyward needs for this proxy. */
  readonly environment: Readonly<Record<string, string>>;
  /** The status for a client while Keyward is unreachable. */
  readonly away: number;
  /** The status for a client while Keyward hangs. */
  readonly hanging: number;
}

/** Expects the proxy to reject a request with this status, without passing it to the service. */
export async function expectRefused(
  site: GuardedSite,
  status: number,
  sending: () => Promise<WireAnswer>,
): Promise<WireAnswer> {
  const before = site.app.received.length;
  const answer = await sending();
  expect([answer.status, site.app.received.slice(before)]).toEqual([status, []]);
  return answer;
}
