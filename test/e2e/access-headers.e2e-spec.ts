import type { IssuedApiKey } from 'keyward';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { getRaw } from '../support/raw-request';
import { ADAPTERS } from '../support/two-adapters';

const memory = { scopes: ['memory:read'] };

describe.each(ADAPTERS)('tenant headers on %s', (adapter) => {
  let host: MemoriesHost;
  let acme: IssuedApiKey;
  let globex: IssuedApiKey;
  let unbound: IssuedApiKey;

  beforeAll(async () => {
    host = await startMemoriesHost(adapter);
    acme = await host.issue({ ...memory, orgId: 'acme' });
    globex = await host.issue({ ...memory, orgId: 'globex' });
    unbound = await host.issue(memory);
  });

  afterAll(async () => host.close());

  describe('on a route that does not read them', () => {
    it('do not give a key access to another tenant [T11]', async () => {
      const path = '/orgs/globex/projects/apollo/memories';
      const answer = await host.as(acme.token).get(path, { 'X-Org-Id': 'acme', 'X-Project-Id': 'apollo' });

      expect([answer.status, answer.body['code']]).toEqual([403, 'binding_mismatch']);
    });

    it('cannot supply the tenant if the path names none: bound keys get 403', async () => {
      const answer = await host.as(acme.token).get('/whoami', { 'X-Org-Id': 'acme' });

      expect([answer.status, answer.body['code']]).toEqual([403, 'binding_mismatch']);
    });

    it('are ignored, whatever their values', async () => {
      const path = '/orgs/acme/projects/apollo/memories';
      for (const headers of [{}, { 'X-Org-Id': 'globex', 'X-Project-Id': 'hermes' }, { 'X-Org-Id': 'a b' }]) {
        const answer = await host.as(acme.token).get(path, headers);

        expect([answer.status, answer.body]).toEqual([
          200,
          { tenant: { orgId: 'acme', projectId: 'apollo' }, memories: ['acme keeps apollo'] },
        ]);
      }
    });
  });

  describe('on a route that reads them', () => {
    it('select the tenant, and keys of other tenants get 403', async () => {
      const headers = { 'X-Org-Id': 'acme', 'X-Project-Id': 'apollo' };
      const own = await host.as(acme.token).get('/memories', headers);
      const other = await host.as(globex.token).get('/memories', headers);

      expect([own.status, own.body['memories']]).toEqual([200, ['acme keeps apollo']]);
      expect([other.status, other.body['code']]).toEqual([403, 'binding_mismatch']);
      expect(other.text).not.toContain('keeps');
    });

    it('are required for bound keys, which get 403 without them, and optional for unbound keys', async () => {
      for (const headers of [{}, { 'X-Project-Id': 'apollo' }]) {
        const bound = await host.as(acme.token).get('/memories', headers);

        expect([bound.status, bound.body['code']]).toEqual([403, 'binding_mismatch']);
      }
      const free = await host.as(unbound.token).get('/memories');

      expect([free.status, free.body['tenant']]).toEqual([200, {}]);
    });

    it('add the project to the organisation in the path', async () => {
      const answer = await host.as(acme.token).get('/orgs/acme/memories', { 'X-Project-Id': 'apollo' });

      expect([answer.status, answer.body['memories']]).toEqual([200, ['acme keeps apollo']]);
    });

    it('are accepted if they repeat the organisation in the path', async () => {
      const answer = await host.as(globex.token).get('/orgs/globex/memories', { 'X-Org-Id': 'globex' });

      expect([answer.status, answer.body['tenant']]).toEqual([200, { orgId: 'globex' }]);
    });

    it('are rejected with 400 for every key if they contradict the path [T11]', async () => {
      for (const { token } of [acme, globex, unbound]) {
        const answer = await host.as(token).get('/orgs/acme/memories', { 'X-Org-Id': 'globex' });

        expect([answer.status, answer.body['code']]).toEqual([400, 'binding_conflict']);
        expect(answer.text).not.toContain('keeps');
      }
    });

    it('are rejected with 400 if they contradict each other, in either order', async () => {
      for (const [first, second] of [
        ['acme', 'globex'],
        ['globex', 'acme'],
      ] as const) {
        const answer = await getRaw(host.url, '/memories', [
          ['X-API-Key', acme.token],
          ['X-Org-Id', first],
          ['X-Org-Id', second],
        ]);

        expect([answer.status, answer.body['code']]).toEqual([400, 'binding_conflict']);
      }
    });

    it.each(['acme,globex', 'acme globex', '*', ''])(
      'are rejected with 400 if they contain %j, which is not a valid id',
      async (name) => {
        const answer = await host.as(unbound.token).get('/memories', { 'X-Org-Id': name });

        expect([answer.status, answer.body['code']]).toEqual([400, 'invalid_request']);
      },
    );
  });
});
