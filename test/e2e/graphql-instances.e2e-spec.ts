import { MongooseModule } from '@nestjs/mongoose';
import { ApiKeysService, rootCaller } from 'keyward';
import { GRAPHQL_SERVERS, type GraphqlHost, remembered, startGraphqlHost } from '../support/graphql-host';
import { listenTo } from '../support/graphql-listener';
import { timed } from '../support/lateness';
import { until } from '../support/patience';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';
import { testDatabaseUri } from '../support/test-database';

const BOUND_MS = 1500;

async function start(address: string): Promise<GraphqlHost> {
  return startGraphqlHost(GRAPHQL_SERVERS[0], {
    options: { storage: 'mongo', freshness: { revocationBoundMs: BOUND_MS } },
    imports: [MongooseModule.forRoot(address, { serverSelectionTimeoutMS: 1000 })],
  });
}

describe('a subscription on a second instance', () => {
  let proxy: TcpProxy;
  let first: GraphqlHost;
  let second: GraphqlHost;

  beforeAll(async () => {
    const uri = testDatabaseUri('graphql instances');
    const { hostname, port } = new URL(uri);
    proxy = await startTcpProxy({ host: hostname, port: Number(port) });
    const through = new URL(uri);
    through.host = `127.0.0.1:${proxy.port}`;
    first = await start(uri);
    second = await start(through.toString());
  });

  afterAll(async () => {
    await Promise.allSettled([second.close(), first.close()]);
    await proxy.close();
  });

  it.each([
    ['revoked on the first', 'key_revoked'],
    ['not proven good while the store is unreachable', 'storage_unavailable'],
  ])('ends within the revocation bound when its key is %s [T102]', async (_how, code) => {
    const issued = await first.issue({ orgId: 'acme', scopes: ['memory:read'] });
    const client = listenTo(second.url, { authorization: `Bearer ${issued.token}` });
    const subscription = client.subscribe('subscription { remembered(orgId: "acme") }');
    await until('the subscription is open', () => remembered.listenerCount('of acme') === 1);
    if (code === 'key_revoked')
      await first.app.get(ApiKeysService).revoke(rootCaller('system'), issued.key.id);
    else proxy.cut();
    try {
      const { result, ms } = await timed(async () => subscription.ended);
      expect(result).toEqual([code]);
      expect(ms).toBeLessThanOrEqual(BOUND_MS);
    } finally {
      await proxy.restore();
      await client.close();
    }
  });

  it('can be opened again after the store is back', async () => {
    const { token } = await first.issue({ orgId: 'acme', scopes: ['memory:read'] });
    await until('the second instance answers', async () => {
      const { data } = await second.ask(token, '{ mine }');
      return data?.['mine'] !== undefined && data['mine'] !== null;
    });
    const client = listenTo(second.url, { authorization: `Bearer ${token}` });
    const subscription = client.subscribe('subscription { remembered(orgId: "acme") }');
    await until('the subscription is open', () => remembered.listenerCount('of acme') === 1);
    remembered.emit('of acme', 'back');
    await until('the event arrives', () => subscription.events.length === 1);
    await client.close();
  });
});
