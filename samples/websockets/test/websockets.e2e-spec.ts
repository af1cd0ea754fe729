import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueTestKey } from 'keyward/testing';
import { io, type Socket } from 'socket.io-client';
import { until } from '../../../test/support/patience';
import { rejection } from '../../../test/support/sockets/socket-client';
import { type RunningHost, startHost } from '../../../test/support/two-adapters';
import { AppModule } from '../src/app.module';

const ROOT = join(__dirname, '../../..');
const PATIENCE_MS = 90_000;

describe('the WebSocket sample', () => {
  let host: RunningHost;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    host = await startHost('express', { imports: [AppModule] });
  });

  afterAll(async () => {
    for (const socket of sockets) socket.disconnect();
    await host.close();
  });

  async function clientOf(orgId: string): Promise<Socket> {
    const { token } = await issueTestKey(host.app, { scopes: ['memory:*'], orgId });
    const socket = io(host.url, { auth: { token }, transports: ['websocket'], forceNew: true });
    sockets.push(socket);
    return socket;
  }

  it('sends new memories to the clients of the organisation, and to no others', async () => {
    const [writer, reader, other] = await Promise.all([
      clientOf('acme'),
      clientOf('acme'),
      clientOf('globex'),
    ]);
    const added: string[] = [];
    for (const [name, socket] of Object.entries({ reader, other }))
      socket.on('added', (text: string) => added.push(`${name}: ${text}`));
    await reader.timeout(PATIENCE_MS).emitWithAck('follow', { orgId: 'acme' });
    await other.timeout(PATIENCE_MS).emitWithAck('follow', { orgId: 'globex' });

    const all: unknown = await writer
      .timeout(PATIENCE_MS)
      .emitWithAck('add', { orgId: 'acme', text: 'the sky is blue' });
    expect(all).toEqual(['the sky is blue']);
    await other.timeout(PATIENCE_MS).emitWithAck('add', { orgId: 'globex', text: 'grass is green' });
    await until('both have their own memory', () => added.length === 2);
    expect(new Set(added)).toEqual(new Set(['reader: the sky is blue', 'other: grass is green']));
  });

  it('rejects the room of another organisation, and strangers', async () => {
    const socket = await clientOf('acme');
    const rejected = new Promise((resolve) => {
      socket.once('exception', resolve);
    });
    socket.emit('follow', { orgId: 'globex' });
    expect(await rejected).toMatchObject({ problem: { code: 'binding_mismatch' } });
    expect((await rejection('socket.io', host.url)).problem['code']).toBe('missing_credential');
  });

  it('is the code in the guide', async () => {
    const guide = await readFile(join(ROOT, 'docs/guides/websockets.md'), 'utf8');
    expect(guide).toContain(await readFile(join(ROOT, 'samples/websockets/src/app.module.ts'), 'utf8'));
  });
});
