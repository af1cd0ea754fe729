import { Controller, Get, Injectable, Next, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { IncomingMessage } from 'node:http';
import { type HttpRequest, KeyVerifier, RequireScopes, ScopesGuard } from 'keyward';
import { startMemoriesHost } from '../support/memories-host';
import { ADAPTERS } from '../support/two-adapters';

const ACME = '/orgs/acme/projects/apollo/memories';
const GLOBEX = '/orgs/globex/projects/apollo/memories';

const memory = { scopes: ['memory:read'] };

/** Reads the client's address from the header that this host's proxy sets. */
@Injectable()
class ProxiedGuard extends ScopesGuard {
  protected override clientAddressOf(request: HttpRequest): string | undefined {
    const { headers } = request.raw ?? (request as unknown as IncomingMessage);
    return headers['x-client']?.toString();
  }
}

@Controller('orgs/:orgId/twice')
@UseGuards(ScopesGuard)
class TwiceGuardedController {
  @Get()
  @UseGuards(ScopesGuard)
  @RequireScopes('memory:read')
  list(): object {
    return {};
  }
}

@Controller('orgs/:orgId')
class HandingOnController {
  @Get('things/:id')
  @RequireScopes('thing:read')
  one(@Next() next: () => void): void {
    next();
  }

  @Get('things/all')
  @RequireScopes('thing:admin')
  all(): object {
    return { things: 'everything' };
  }
}

describe.each(ADAPTERS)('the guard on %s', (adapter) => {
  it('decides once per request, even if it is registered for the application, the class and the method', async () => {
    const host = await startMemoriesHost(adapter, {}, { controllers: [TwiceGuardedController] });
    const acme = await host.issue({ ...memory, orgId: 'acme' });
    const globex = await host.issue({ ...memory, orgId: 'globex' });
    const verify = jest.spyOn(host.app.get(KeyVerifier), 'verifyNow');
    const own = await host.as(acme.token).get('/orgs/acme/twice');

    expect([own.status, verify.mock.calls.length]).toEqual([200, 1]);

    const other = await host.as(globex.token).get('/orgs/acme/twice');
    await host.close();

    expect([other.status, verify.mock.calls.length]).toEqual([403, 2]);
  });

  it('decides separately for every request on one connection', async () => {
    const host = await startMemoriesHost(adapter);
    const acme = await host.issue({ ...memory, orgId: 'acme' });
    const globex = await host.issue({ ...memory, orgId: 'globex' });
    const statuses: number[] = [];
    for (const { token } of [acme, globex, acme]) statuses.push((await host.as(token).get(ACME)).status);
    statuses.push((await host.as().get(ACME)).status);
    await host.close();

    expect(statuses).toEqual([200, 403, 200, 401]);
  });

  it('returns only the caller’s own data to concurrent requests of two tenants', async () => {
    const host = await startMemoriesHost(adapter);
    const acme = host.as((await host.issue({ ...memory, orgId: 'acme' })).token);
    const globex = host.as((await host.issue({ ...memory, orgId: 'globex' })).token);
    const rounds = Array.from({ length: 20 }, async () =>
      Promise.all([acme.get(ACME), globex.get(GLOBEX), acme.get(GLOBEX)]),
    );
    const answers = await Promise.all(rounds);
    await host.close();

    for (const [ofAcme, ofGlobex, trespass] of answers) {
      expect(ofAcme.body['memories']).toEqual(['acme keeps apollo']);
      expect(ofGlobex.body['memories']).toEqual(['globex keeps apollo']);
      expect(trespass.status).toBe(403);
    }
  });

  it('reads decorators at startup and never during a request', async () => {
    const reads = jest.spyOn(Reflect, 'getMetadata');
    const ownReads = jest.spyOn(Reflect, 'getOwnMetadata');
    const countOfDecoratorReads = (): number =>
      [...reads.mock.calls, ...ownReads.mock.calls].filter(([name]) => String(name).includes('keyward'))
        .length;
    const host = await startMemoriesHost(adapter);
    const acme = host.as((await host.issue({ ...memory, orgId: 'acme' })).token);
    const globex = host.as((await host.issue({ ...memory, orgId: 'globex' })).token);
    await acme.get(ACME);
    const before = countOfDecoratorReads();
    const statuses = [
      (await acme.get(ACME)).status,
      (await globex.get(ACME)).status,
      (await host.as().get(ACME)).status,
    ];
    const after = countOfDecoratorReads();
    reads.mockRestore();
    ownReads.mockRestore();
    await host.close();

    expect(statuses).toEqual([200, 403, 401]);
    expect(before).toBeGreaterThan(0);
    expect(after).toBe(before);
  });

  it('uses the client address that an overridden clientAddressOf() returns', async () => {
    const host = await startMemoriesHost(
      adapter,
      { guard: false },
      { providers: [{ provide: APP_GUARD, useClass: ProxiedGuard }] },
    );
    const acme = await host.issue({ ...memory, orgId: 'acme', allowedIps: ['203.0.113.7'] });
    const globex = await host.issue({ ...memory, orgId: 'globex', allowedIps: ['203.0.113.8'] });
    const statusOf = async (token: string, path: string, client: string): Promise<number> =>
      (await host.as(token).get(path, { 'X-Client': client })).status;
    const statuses = [
      await statusOf(acme.token, ACME, '203.0.113.7'),
      await statusOf(acme.token, ACME, '203.0.113.8'),
      await statusOf(globex.token, GLOBEX, '203.0.113.8'),
      await statusOf(globex.token, ACME, '203.0.113.8'),
      (await host.as(acme.token).get(ACME)).status,
    ];
    await host.close();

    expect(statuses).toEqual([200, 403, 200, 403, 403]);
  });
});

describe('a handler on Express that passes a request to the next route', () => {
  it('does not bypass the scopes that the next route requires', async () => {
    const host = await startMemoriesHost('express', {}, { controllers: [HandingOnController] });
    const reader = await host.issue({ scopes: ['thing:read'], orgId: 'acme' });
    const admin = await host.issue({ scopes: ['thing:*'], orgId: 'acme' });
    const refused = await host.as(reader.token).get('/orgs/acme/things/all');
    const admitted = await host.as(admin.token).get('/orgs/acme/things/all');
    await host.close();

    expect([refused.status, refused.body['code']]).toEqual([403, 'insufficient_scope']);
    expect([admitted.status, admitted.body]).toEqual([200, { things: 'everything' }]);
  });
});

describe('a request injected into Fastify', () => {
  it('gets the same decision from the guard as a request over the network', async () => {
    const host = await startMemoriesHost('fastify');
    const acme = await host.issue({ ...memory, orgId: 'acme' });
    const globex = await host.issue({ ...memory, orgId: 'globex' });
    const app = host.app as unknown as NestFastifyApplication;
    const statusOf = async (headers: Record<string, string>): Promise<number> =>
      (await app.inject({ url: ACME, headers })).statusCode;
    const statuses = [
      await statusOf({ authorization: `Bearer ${acme.token}` }),
      await statusOf({ 'x-api-key': acme.token }),
      await statusOf({ 'x-api-key': globex.token }),
      await statusOf({ 'x-api-key': acme.token, authorization: `Bearer ${acme.token}` }),
      await statusOf({ 'x-api-key': acme.token, authorization: `Bearer ${globex.token}` }),
      await statusOf({}),
    ];
    await host.close();

    expect(statuses).toEqual([200, 200, 403, 200, 400, 401]);
  });
});
