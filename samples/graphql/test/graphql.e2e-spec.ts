import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type GraphqlAnswer, outcomesOf } from '../../../test/support/graphql-host';
import { listenTo } from '../../../test/support/graphql-listener';
import { until } from '../../../test/support/patience';
import { type RunningHost, startHost } from '../../../test/support/two-adapters';
import { issueTestKey } from 'keyward/testing';
import { AppModule } from '../src/app.module';

const ROOT = join(__dirname, '../../..');

describe('the GraphQL sample', () => {
  let host: RunningHost;

  beforeAll(async () => {
    host = await startHost('express', { imports: [AppModule] });
  });

  afterAll(async () => {
    await host.close();
  });

  async function ask(token: string | undefined, query: string): Promise<GraphqlAnswer> {
    return (await host.as(token).post('/graphql', { query })).body;
  }

  it('allows the organisation of the key, and rejects other organisations and strangers', async () => {
    const { token } = await issueTestKey(host.app, { scopes: ['memory:*'], orgId: 'acme' });
    expect(await ask(token, 'mutation { addMemory(orgId: "acme", text: "the sky is blue") }')).toEqual({
      data: { addMemory: ['the sky is blue'] },
    });
    const both = '{ a: memories(orgId: "acme") b: memories(orgId: "globex") }';
    expect(outcomesOf(await ask(token, both))).toEqual({ a: 'ok', b: 'binding_mismatch' });
    expect(outcomesOf(await ask(undefined, both))).toEqual({
      a: 'missing_credential',
      b: 'missing_credential',
    });
  });

  it('sends new memories to subscriptions of the organisation', async () => {
    const { token } = await issueTestKey(host.app, { scopes: ['memory:*'], orgId: 'acme' });
    const client = listenTo(host.url, { authorization: `Bearer ${token}` });
    const subscription = client.subscribe('subscription { memoryAdded(orgId: "acme") }');
    await until('the event arrives', async () => {
      await ask(token, 'mutation { addMemory(orgId: "acme", text: "grass is green") }');
      return subscription.events.length > 0;
    });
    expect(subscription.events[0]).toEqual({ memoryAdded: 'grass is green' });
    await client.close();
  });

  it('is the code in the guide', async () => {
    const guide = await readFile(join(ROOT, 'docs/guides/graphql.md'), 'utf8');
    expect(guide).toContain(await readFile(join(ROOT, 'samples/graphql/src/app.module.ts'), 'utf8'));
  });
});
