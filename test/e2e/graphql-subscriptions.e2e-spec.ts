import { ApiKeysService, type IssuedApiKey, rootCaller } from 'keyward';
import { GRAPHQL_SERVERS, type GraphqlHost, remembered, startGraphqlHost } from '../support/graphql-host';
import { type GraphqlListener, listenTo } from '../support/graphql-listener';
import { until } from '../support/patience';

const ACME = 'subscription { remembered(orgId: "acme") }';
const GLOBEX = 'subscription { remembered(orgId: "globex") }';
const NEWS = 'subscription { news }';

const bearer = (token: string): string => `Bearer ${token}`;

/** Returns the name of the source of a subscription to a tenant. */
function sourceOf(name: string): string {
  return name === 'none' ? 'of undefined' : `of ${name}`;
}

async function isOpen(name: string): Promise<void> {
  await until(`a subscription to ${name} is open`, () => remembered.listenerCount(name) > 0);
}

describe.each(GRAPHQL_SERVERS)('a subscription on $server', (server) => {
  let host: GraphqlHost;
  let acme: IssuedApiKey;
  let globex: IssuedApiKey;
  const open: GraphqlListener[] = [];

  beforeAll(async () => {
    host = await startGraphqlHost(server);
    acme = await host.issue({ orgId: 'acme', scopes: ['memory:read'] });
    globex = await host.issue({ orgId: 'globex', scopes: ['memory:read'] });
  });

  afterEach(async () => {
    await Promise.all(open.splice(0).map(async (each) => each.close()));
    await until('all sources are closed', () => remembered.eventNames().length === 0);
  });

  afterAll(async () => {
    await host.close();
  });

  function connect(
    ...how: Parameters<typeof listenTo> extends [string, ...infer R] ? R : never
  ): GraphqlListener {
    const listener = listenTo(host.url, ...how);
    open.push(listener);
    return listener;
  }

  it.each([
    ['connection parameters', (token: string) => connect({ authorization: bearer(token) })],
    ['connection parameters in another case', (token: string) => connect({ Authorization: bearer(token) })],
    [
      'x-api-key among the headers of the connection parameters',
      (token: string) => connect({ headers: { 'X-API-Key': token } }),
    ],
    [
      'headers of the upgrade request',
      (token: string) => connect(undefined, { authorization: bearer(token) }),
    ],
    ['both', (token: string) => connect({ authorization: bearer(token) }, { 'x-api-key': token })],
  ])('receives only the events of its tenant, with a token in %s [T102]', async (_where, connected) => {
    const client = connected(acme.token);
    expect(await client.subscribe(GLOBEX).ended).toEqual(['binding_mismatch']);
    const own = client.subscribe(ACME);
    await isOpen('of acme');
    remembered.emit('of globex', 'a secret of globex');
    remembered.emit('of acme', 'one');
    remembered.emit('of acme', 'two');
    await until('both events arrive', () => own.events.length === 2);
    expect(own.events).toEqual([{ remembered: 'one' }, { remembered: 'two' }]);
  });

  it.each([
    ['no credential', () => connect(undefined), 'missing_credential'],
    ['a text that is no token', () => connect({ authorization: 'Bearer x' }), 'malformed_token'],
    ['a list as the token', () => connect({ 'x-api-key': [1, {}] }), 'malformed_token'],
    [
      'two different tokens',
      () => connect({ authorization: bearer(acme.token) }, { 'x-api-key': globex.token }),
      'invalid_request',
    ],
    [
      'two different connection parameters',
      () => connect({ authorization: bearer(acme.token), 'x-api-key': globex.token }),
      'invalid_request',
    ],
  ])('is rejected with %s, while a public one is open [T102]', async (_what, connected, code) => {
    const client = connected();
    expect(await client.subscribe(ACME).ended).toEqual([code]);
    const news = client.subscribe(NEWS);
    await isOpen('news');
    remembered.emit('news', 'for everyone');
    await until('the news arrive', () => news.events.length === 1);
  });

  it.each<[string, () => Promise<string | undefined>, Readonly<Record<string, string>>]>([
    [
      'the key of acme',
      async () => acme.token,
      { acme: 'open', globex: 'binding_mismatch', none: 'binding_mismatch' },
    ],
    [
      'the key of globex',
      async () => globex.token,
      { acme: 'binding_mismatch', globex: 'open', none: 'binding_mismatch' },
    ],
    [
      'an unbound key',
      async () => (await host.issue({ scopes: ['memory:read'] })).token,
      { acme: 'open', globex: 'open', none: 'open' },
    ],
    [
      'a key without the scope',
      async () => (await host.issue({ orgId: 'acme' })).token,
      { acme: 'insufficient_scope', globex: 'insufficient_scope', none: 'insufficient_scope' },
    ],
    [
      'a stranger',
      async () => undefined,
      { acme: 'missing_credential', globex: 'missing_credential', none: 'missing_credential' },
    ],
  ])(
    'to acme, globex and no tenant has the same outcome before and after a reconnect, by %s [T102]',
    async (_who, tokenOf, outcomes) => {
      const token = await tokenOf();
      for (let connection = 0; connection < 2; connection += 1) {
        const client = connect(token === undefined ? undefined : { authorization: bearer(token) });
        const seen: Record<string, string> = {};
        for (const [name, query] of [
          ['acme', ACME],
          ['globex', GLOBEX],
          ['none', 'subscription { remembered }'],
        ] as const) {
          const before = remembered.listenerCount(sourceOf(name));
          const subscription = client.subscribe(query);
          let code: string | undefined;
          void subscription.ended.then((codes) => (code = codes.join()));
          await until(
            'it opens or ends',
            () => code !== undefined || remembered.listenerCount(sourceOf(name)) > before,
          );
          seen[name] = code ?? 'open';
          subscription.unsubscribe();
          await until('it is closed', () => remembered.listenerCount(sourceOf(name)) === before);
        }
        expect(seen).toEqual(outcomes);
        await client.close();
      }
    },
  );

  it.each<[string, string, (issued: IssuedApiKey) => Promise<unknown>]>([
    ['revoked', 'key_revoked', async ({ key }) => keys().revoke(rootCaller('system'), key.id)],
    ['disabled', 'key_disabled', async ({ key }) => change(key.id, { enabled: false })],
    ['narrowed', 'insufficient_scope', async ({ key }) => change(key.id, { scopes: ['memory:write'] })],
    [
      'bound to another organisation',
      'binding_mismatch',
      async ({ key }) => change(key.id, { orgId: 'globex' }),
    ],
    [
      'restricted to other addresses',
      'ip_not_allowed',
      async ({ key }) => change(key.id, { allowedIps: ['192.0.2.1'] }),
    ],
    ['rotated', 'key_rotated', async ({ key }) => keys().rotate(rootCaller('system'), key.id)],
    [
      'expired',
      'key_expired',
      async ({ key }) => {
        await change(key.id, { expiresAt: new Date(host.clock.now().getTime() + 60_000) });
        host.clock.advance(60_000);
      },
    ],
    [
      'rotated and at the end of its grace period',
      'key_rotated',
      async ({ key }) => {
        await keys().rotate(rootCaller('system'), key.id, { gracePeriodSeconds: 60 });
        host.clock.advance(61_000);
      },
    ],
  ])(
    'ends while it is idle when its key is %s, and cannot be opened again [T102]',
    async (_how, code, act) => {
      const issued = await host.issue({ orgId: 'acme', scopes: ['memory:read'] });
      const client = connect({ authorization: bearer(issued.token) });
      const subscription = client.subscribe(ACME);
      const other = connect({ authorization: bearer(acme.token) }).subscribe(ACME);
      await until('both are open', () => remembered.listenerCount('of acme') === 2);
      await act(issued);
      expect(await subscription.ended).toEqual([code]);
      expect(await client.subscribe(ACME).ended).toEqual([code]);
      remembered.emit('of acme', 'later');
      await until('the other client receives the event', () => other.events.length === 1);
      expect(subscription.events).toEqual([]);
    },
  );

  it('stays open with an old token during its grace period', async () => {
    const issued = await host.issue({ orgId: 'acme', scopes: ['memory:read'] });
    const subscription = connect({ authorization: bearer(issued.token) }).subscribe(ACME);
    await isOpen('of acme');
    await keys().rotate(rootCaller('system'), issued.key.id, { gracePeriodSeconds: 60 });
    remembered.emit('of acme', 'still here');
    await until('the event arrives', () => subscription.events.length === 1);
  });

  it('counts against the rate limit when it opens, and not for its events', async () => {
    const issued = await host.issue({
      orgId: 'acme',
      scopes: ['memory:read'],
      rateLimits: [{ name: 'default', limit: 1, windowSeconds: 3600 }],
    });
    const client = connect({ authorization: bearer(issued.token) });
    const subscription = client.subscribe(ACME);
    await isOpen('of acme');
    for (let at = 0; at < 20; at += 1) remembered.emit('of acme', String(at));
    await until('all events arrive', () => subscription.events.length === 20);
    expect(await client.subscribe(ACME).ended).toEqual(['rate_limited']);
  });

  it('closes its source when the client unsubscribes', async () => {
    const subscription = connect({ authorization: bearer(acme.token) }).subscribe(ACME);
    await isOpen('of acme');
    subscription.unsubscribe();
    await until('the source is closed', () => remembered.listenerCount('of acme') === 0);
  });

  function keys(): ApiKeysService {
    return host.app.get(ApiKeysService);
  }

  async function change(id: string, patch: Parameters<ApiKeysService['update']>[2]): Promise<unknown> {
    return keys().update(rootCaller('system'), id, patch);
  }
});
