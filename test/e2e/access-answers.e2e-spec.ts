import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { newKeyId } from '../../src/api-keys/domain/key-id';
import { issueToken } from '../../src/api-keys/domain/token/key-token';
import { ProblemFilter } from 'keyward';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { ADAPTERS, type AdapterName } from '../support/two-adapters';

const ACME = '/orgs/acme/projects/apollo/memories';

/** A filter of the host with its own format for errors. */
@Catch(HttpException)
class HostFilter implements ExceptionFilter {
  constructor(private readonly adapter: HttpAdapterHost) {}

  catch(error: HttpException, host: ArgumentsHost): void {
    const response: unknown = host.switchToHttp().getResponse();
    this.adapter.httpAdapter.reply(response, { oops: error.message }, error.getStatus());
  }
}

const filters = {
  'without a global filter': async (adapter: AdapterName) => startMemoriesHost(adapter),
  'with Keyward’s ProblemFilter': async (adapter: AdapterName) =>
    startMemoriesHost(
      adapter,
      {},
      { providers: [ProblemFilter] },
      { app: (app) => app.useGlobalFilters(app.get(ProblemFilter)) },
    ),
};

describe.each(ADAPTERS)('a host on %s', (adapter) => {
  describe.each(Object.entries(filters))('%s', (_how, start) => {
    let host: MemoriesHost;

    beforeAll(async () => {
      host = await start(adapter);
    });

    afterAll(async () => host.close());

    it('rejects a request without a credential with 401, a challenge and a complete problem', async () => {
      const answer = await host.as().get(ACME);

      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json(;|$)/);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="keyward"');
      expect(answer.body).toEqual({
        type: 'urn:keyward:problem:missing_credential',
        title: 'No API key was presented',
        status: 401,
        code: 'missing_credential',
        detail: 'Send "Authorization: Bearer <token>" or "X-API-Key: <token>".',
      });
    });

    it('answers every kind of rejected request with a problem and a specific code', async () => {
      const acme = host.as((await host.issue({ scopes: ['memory:read'], orgId: 'acme' })).token);
      const globex = host.as((await host.issue({ scopes: ['memory:read'], orgId: 'globex' })).token);
      const unknown = host.as(issueToken('kw', newKeyId(new Date())).token);
      const answers = [
        await unknown.get(ACME),
        await acme.post(ACME),
        await globex.get(ACME),
        await acme.get('/orgs/acme/memories', { 'X-Org-Id': 'globex' }),
        await acme.get(ACME, { 'X-API-Key': 'another' }),
      ];

      expect(answers.map(({ body }) => body['code'])).toEqual([
        'invalid_token',
        'insufficient_scope',
        'binding_mismatch',
        'binding_conflict',
        'invalid_request',
      ]);
      for (const { status, headers, body } of answers) {
        expect(body['status']).toBe(status);
        expect(headers.get('content-type')).toMatch(/^application\/problem\+json(;|$)/);
      }
    });

    it('never repeats the presented credential in a problem [T3]', async () => {
      const { token } = await host.issue({ orgId: 'globex' });
      const answers = [
        await host.as(token).get(ACME),
        await host.as('not-a-key-at-all').get(ACME),
        await host.as(token).get(ACME, { 'X-API-Key': `${token}x` }),
      ];

      for (const { text, headers } of answers) {
        expect(text + JSON.stringify([...headers])).not.toMatch(/not-a-key-at-all|kw_/);
        expect(text).not.toContain(token);
      }
    });

    it('keeps the media type of responses to allowed requests', async () => {
      const acme = await host.issue({ scopes: ['memory:read'], orgId: 'acme' });
      const answer = await host.as(acme.token).get(ACME);

      expect(answer.headers.get('content-type')).toMatch(/^application\/json(;|$)/);
    });
  });

  it('sends the challenge even if its own exception filter writes the response', async () => {
    const host = await startMemoriesHost(
      adapter,
      {},
      {},
      { app: (app) => app.useGlobalFilters(new HostFilter(app.get(HttpAdapterHost))) },
    );
    const acme = await host.issue({ orgId: 'acme' });
    const stranger = await host.as().get(ACME);
    const poor = await host.as(acme.token).get(ACME);
    await host.close();

    expect([stranger.status, stranger.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="keyward"',
    ]);
    expect(stranger.body).toHaveProperty('oops');
    expect(poor.headers.get('www-authenticate')).toContain('scope="memory:read"');
  });

  it('names its configured realm in the challenge', async () => {
    const host = await startMemoriesHost(adapter, { http: { realm: 'Acme & Globex' } });
    const answer = await host.as().get(ACME);
    await host.close();

    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="Acme & Globex"');
  });
});
