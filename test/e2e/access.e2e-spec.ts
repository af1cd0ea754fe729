import type { IssuedApiKey } from 'keyward';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { ADAPTERS } from '../support/two-adapters';

const ACME = '/orgs/acme/projects/apollo/memories';
const GLOBEX = '/orgs/globex/projects/apollo/memories';

const memory = { scopes: ['memory:read', 'memory:write'] };

describe.each(ADAPTERS)('the guard between two tenants on %s', (adapter) => {
  let host: MemoriesHost;
  let acme: IssuedApiKey;
  let globex: IssuedApiKey;

  beforeAll(async () => {
    host = await startMemoriesHost(adapter);
    acme = await host.issue({ ...memory, orgId: 'acme' });
    globex = await host.issue({ ...memory, orgId: 'globex' });
  });

  afterAll(async () => host.close());

  it('allows each tenant to read its own memories', async () => {
    const ofAcme = await host.as(acme.token).get(ACME);
    const ofGlobex = await host.as(globex.token).get(GLOBEX);

    expect([ofAcme.status, ofAcme.body]).toEqual([
      200,
      { tenant: { orgId: 'acme', projectId: 'apollo' }, memories: ['acme keeps apollo'] },
    ]);
    expect([ofGlobex.status, ofGlobex.body]).toEqual([
      200,
      { tenant: { orgId: 'globex', projectId: 'apollo' }, memories: ['globex keeps apollo'] },
    ]);
  });

  it('rejects reads and writes of the memories of the other tenant with 403 [T10]', async () => {
    const answers = [
      await host.as(acme.token).get(GLOBEX),
      await host.as(acme.token).post(GLOBEX),
      await host.as(globex.token).get(ACME),
      await host.as(globex.token).post(ACME),
    ];

    for (const answer of answers) {
      expect([answer.status, answer.body['code']]).toEqual([403, 'binding_mismatch']);
      expect(answer.text).not.toContain('keeps');
      expect(answer.headers.get('www-authenticate')).toBeNull();
    }
  });

  it.each(['ACME', 'acme.', 'acm', 'acme~'])(
    'rejects a key bound to acme with 403 if the path names the organisation %s',
    async (other) => {
      const answer = await host.as(acme.token).get(`/orgs/${other}/projects/apollo/memories`);

      expect([answer.status, answer.body['code']]).toEqual([403, 'binding_mismatch']);
    },
  );

  it('recognises acme in a path with a percent-encoded character', async () => {
    const path = '/orgs/%61cme/projects/apollo/memories';
    const ofAcme = await host.as(acme.token).get(path);
    const ofGlobex = await host.as(globex.token).get(path);

    expect([ofAcme.status, ofAcme.body['memories']]).toEqual([200, ['acme keeps apollo']]);
    expect(ofGlobex.status).toBe(403);
  });

  it.each(['acme%2Fglobex', 'acme%20', '%E2%82%AC', 'acme%00'])(
    'rejects the invalid organisation %s with 400, for bound and unbound keys',
    async (name) => {
      const unbound = await host.issue(memory);
      for (const { token } of [acme, unbound]) {
        const answer = await host.as(token).get(`/orgs/${name}/projects/apollo/memories`);

        expect([answer.status, answer.body['code']]).toEqual([400, 'invalid_request']);
      }
    },
  );

  it('allows an unbound key to read the memories of both tenants', async () => {
    const unbound = await host.issue(memory);
    const ofAcme = await host.as(unbound.token).get(ACME);
    const ofGlobex = await host.as(unbound.token).get(GLOBEX);

    expect(ofAcme.body['memories']).toEqual(['acme keeps apollo']);
    expect(ofGlobex.body['memories']).toEqual(['globex keeps apollo']);
  });

  it('rejects a key bound to acme/apollo with 403 on every other project and organisation', async () => {
    const apollo = await host.issue({ ...memory, orgId: 'acme', projectId: 'apollo' });
    const allowed = await host.as(apollo.token).get(ACME);
    const sibling = await host.as(apollo.token).get('/orgs/acme/projects/hermes/memories');
    const namesake = await host.as(apollo.token).get(GLOBEX);

    expect(allowed.status).toBe(200);
    expect([sibling.status, sibling.body['code']]).toEqual([403, 'binding_mismatch']);
    expect([namesake.status, namesake.body['code']]).toEqual([403, 'binding_mismatch']);
  });

  it('allows a key bound only to a project in every organisation with a project of that name', async () => {
    const apollo = await host.issue({ ...memory, projectId: 'apollo' });
    const ofAcme = await host.as(apollo.token).get(ACME);
    const ofGlobex = await host.as(apollo.token).get(GLOBEX);
    const other = await host.as(apollo.token).get('/orgs/acme/projects/hermes/memories');

    expect([ofAcme.status, ofGlobex.status]).toEqual([200, 200]);
    expect([other.status, other.body['code']]).toEqual([403, 'binding_mismatch']);
  });

  it('rejects bound keys with 403 if the request names no tenant [T10]', async () => {
    for (const { token } of [acme, globex]) {
      const answer = await host.as(token).get('/whoami');

      expect([answer.status, answer.body['code']]).toEqual([403, 'binding_mismatch']);
    }
    const unbound = await host.issue({});
    const answer = await host.as(unbound.token).get('/whoami');

    expect([answer.status, answer.body['id']]).toEqual([200, unbound.key.id]);
  });

  it('does not read the tenant from the query or the body [T10]', async () => {
    const query = await host.as(acme.token).get('/whoami?orgId=acme&projectId=apollo');
    const body = await host.as(acme.token).post(GLOBEX, { orgId: 'acme', projectId: 'apollo' });

    expect([query.status, query.body['code']]).toEqual([403, 'binding_mismatch']);
    expect([body.status, body.body['code']]).toEqual([403, 'binding_mismatch']);
  });

  it('passes the verified tenant to the handler, even if the route names only an organisation', async () => {
    const answer = await host.as(globex.token).get('/orgs/globex/whoami');

    expect([answer.status, answer.body]).toEqual([200, { id: globex.key.id, tenant: { orgId: 'globex' } }]);
  });

  it('passes the key’s binding as the tenant to a self-scoped handler, not the tenant in the path', async () => {
    const bound = await host.as(acme.token).get('/mine/globex');
    const unbound = await host.as((await host.issue({})).token).get('/mine/globex');

    expect([bound.status, bound.body]).toEqual([200, { tenant: { orgId: 'acme' }, asked: 'globex' }]);
    expect([unbound.status, unbound.body]).toEqual([200, { tenant: {}, asked: 'globex' }]);
  });
});

describe.each(ADAPTERS)('an application on %s with other names for its route parameters', (adapter) => {
  it('compares bindings with the configured parameters only', async () => {
    const host = await startMemoriesHost(adapter, {
      tenant: { params: { orgId: 'projectId', projectId: 'nowhere' } },
    });
    const acme = await host.issue({ ...memory, orgId: 'acme' });
    const globex = await host.issue({ ...memory, orgId: 'globex' });
    const swapped = '/orgs/globex/projects/acme/memories';
    const ofAcme = await host.as(acme.token).get(swapped);
    const ofGlobex = await host.as(globex.token).get(swapped);
    await host.close();

    expect([ofAcme.status, ofAcme.body['tenant']]).toEqual([200, { orgId: 'acme' }]);
    expect([ofGlobex.status, ofGlobex.body['code']]).toEqual([403, 'binding_mismatch']);
  });
});
