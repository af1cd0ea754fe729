import { UseGuards } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { ApiKeysModule, ScopesGuard } from 'keyward';
import { MemoriesGateway } from '../support/sockets/memories-gateway';
import { bearer, connected, LIBRARIES, rejection } from '../support/sockets/socket-client';
import { startSocketsHost, useSockets } from '../support/sockets/sockets-host';
import { refusalOf } from '../support/two-adapters';

const { version } = require('@nestjs/core/package.json') as { readonly version: string };

@WebSocketGateway()
@UseGuards(ScopesGuard)
class GuardedGateway extends MemoriesGateway {}

describe.each(LIBRARIES)('a gateway with %s and a guard of its own, on each major of Nest', (library) => {
  it('rejects strangers and other tenants [T116]', async () => {
    const host = await startSocketsHost(library, 'express', { providers: [GuardedGateway] });
    const { token } = await host.issue({ scopes: ['memory:read'], orgId: 'acme' });
    const stranger = await rejection(library, host.url);
    const socket = await connected(library, host.url, bearer(token));
    // Nest 11 sends no exceptions to clients of ws, so the answer to the next message comes first.
    socket.send('list', { orgId: 'globex' });
    socket.send('whoami', {});
    const answer = await socket.ask('list', { orgId: 'acme' });
    await host.close();

    expect(stranger.problem['code']).toBe('missing_credential');
    expect(socket.received.map(({ event }) => event)).not.toContain('listed globex');
    expect(JSON.stringify(socket.received)).not.toContain('"orgId":"globex"');
    expect(answer.event).toMatch(/^(?:exception|you|listed)$/);
  });
});

describe('a gateway with the global guard only', () => {
  it('starts on Nest 12, and not on Nest 11, which runs no global guards for messages [T116]', async () => {
    const metadata = {
      imports: [ApiKeysModule.forRoot({ storage: 'memory' })],
      providers: [MemoriesGateway],
    };
    const refusal = refusalOf('express', metadata, { app: (app) => useSockets(app, 'ws') });
    const outcome = await refusal.then(
      ({ message }) => message,
      () => 'started',
    );
    expect(outcome).toMatch(
      Number.parseInt(version, 10) >= 12 ? /^started$/ : /^no ScopesGuard enforces .* MemoriesGateway\.list;/,
    );
  });
});
