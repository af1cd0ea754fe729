import type { GuardedSite } from './guarded-site';
import type { WireAnswer } from './send';

export const ACME = '/orgs/acme/memories';
export const GLOBEX = '/orgs/globex/memories';

/** What the cases share: a site, and a key of each tenant that may read its tenant's memories. */
export interface ProxyTest {
  readonly site: GuardedSite;
  readonly acmeReader: string;
  readonly globexReader: string;
}

/** How one proxy differs from another. */
export interface ProxyTraits {
  /** Settings that Keyward needs for it. */
  readonly environment: Readonly<Record<string, string>>;
  /** What a client is told while Keyward is away. */
  readonly away: number;
  /** What a client is told while Keyward hangs. */
  readonly hanging: number;
}

/** Refused by the proxy: the service behind it saw nothing of it. */
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
