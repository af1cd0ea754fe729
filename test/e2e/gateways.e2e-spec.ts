import type { MemoriesHost } from '../support/memories-host';
import { MemoriesGateway, OpenGateway } from '../support/sockets/memories-gateway';
import {
  bearer,
  connect,
  connected,
  type Handshake,
  type OpenSocket,
  type Received,
} from '../support/sockets/socket-client';
import { COMBINATIONS, startSocketsHost } from '../support/sockets/sockets-host';

/** Who connects. */
type Who = 'reader of acme' | 'reader of globex' | 'unbound writer' | 'stranger' | 'forger' | 'revoked';

/** What a client does: connects, sends a message, or waits for a broadcast. */
type Deed =
  'connect' | 'list acme' | 'list globex' | 'list' | 'add acme' | 'whoami' | 'status' | 'receive a broadcast';

const DEEDS: readonly Deed[] = [
  'connect',
  'list acme',
  'list globex',
  'list',
  'add acme',
  'whoami',
  'status',
  'receive a broadcast',
];

/** The outcome of each deed, in the order of `DEEDS`. A problem is named by its code, and `-` means that nothing arrives. */
type Row = readonly [Who, ...string[]];

const BOUND = 'binding_mismatch';
const SCOPE = 'insufficient_scope';
const NONE = 'missing_credential';

/** On a gateway without a public handler, `status` is unknown, so nothing answers. */
const CLOSED: readonly Row[] = [
  ['reader of acme', 'open', 'listed acme', BOUND, BOUND, SCOPE, 'you acme', '-', 'news'],
  ['reader of globex', 'open', BOUND, 'listed globex', BOUND, SCOPE, 'you globex', '-', 'news'],
  ['unbound writer', 'open', 'listed acme', 'listed globex', 'listed', 'added acme', 'you', '-', 'news'],
  ['stranger', NONE, '-', '-', '-', '-', '-', '-', '-'],
  ['forger', 'malformed_token', '-', '-', '-', '-', '-', '-', '-'],
  ['revoked', 'key_revoked', '-', '-', '-', '-', '-', '-', '-'],
];

const OPEN: readonly Row[] = [
  ['reader of acme', 'open', 'listed acme', BOUND, BOUND, SCOPE, 'you acme', 'status', 'news'],
  ['reader of globex', 'open', BOUND, 'listed globex', BOUND, SCOPE, 'you globex', 'status', 'news'],
  ['unbound writer', 'open', 'listed acme', 'listed globex', 'listed', 'added acme', 'you', 'status', 'news'],
  ['stranger', 'open', NONE, NONE, NONE, NONE, NONE, 'status', 'news'],
  ['forger', 'malformed_token', '-', '-', '-', '-', '-', '-', '-'],
  ['revoked', 'key_revoked', '-', '-', '-', '-', '-', '-', '-'],
];

interface Payload {
  readonly tenant?: { readonly orgId?: string };
  readonly problem?: { readonly code: string };
}

/** Returns a cell of the table for an event. */
function cellOf({ event, data }: Received): string {
  const { tenant, problem } = data as Payload;
  if (event === 'exception') return problem?.code ?? JSON.stringify(data);
  return tenant?.orgId === undefined ? event : `${event} ${tenant.orgId}`;
}

async function answerTo(socket: OpenSocket, event: string, data: object): Promise<string> {
  return cellOf(await socket.ask(event, data));
}

describe.each(COMBINATIONS)('the gateways of a host with %s on %s', (library, adapter) => {
  describe.each([
    ['for keys only', MemoriesGateway, CLOSED],
    ['with a public handler', OpenGateway, OPEN],
  ] as const)('%s', (_kind, Gateway, table) => {
    let host: MemoriesHost;
    let handshakes: Readonly<Record<Who, Handshake>>;

    beforeAll(async () => {
      host = await startSocketsHost(library, adapter, { providers: [Gateway] });
      const acme = await host.issue({ scopes: ['memory:read'], orgId: 'acme' });
      const globex = await host.issue({ scopes: ['memory:read'], orgId: 'globex' });
      const unbound = await host.issue({ scopes: ['memory:*'] });
      const revoked = await host.issue({ scopes: ['memory:*'] });
      const first = await connected(library, host.url, bearer(revoked.token));
      await host.revoke(revoked);
      await first.end();
      handshakes = {
        'reader of acme': bearer(acme.token),
        'reader of globex': bearer(globex.token),
        'unbound writer': bearer(unbound.token),
        stranger: {},
        forger: bearer(`${acme.token.slice(0, -1)}?`),
        revoked: bearer(revoked.token),
      };
    });

    afterAll(async () => host.close());

    async function rowOf(who: Who): Promise<Row> {
      const socket = await connect(library, host.url, handshakes[who]);
      if ('problem' in socket) return [who, String(socket.problem['code']), ...DEEDS.slice(1).map(() => '-')];
      const cells = [
        await answerTo(socket, 'list', { orgId: 'acme' }),
        await answerTo(socket, 'list', { orgId: 'globex' }),
        await answerTo(socket, 'list', {}),
        await answerTo(socket, 'add', { orgId: 'acme' }),
        await answerTo(socket, 'whoami', {}),
        Gateway === OpenGateway ? await answerTo(socket, 'status', {}) : '-',
      ];
      host.app.get<MemoriesGateway>(Gateway).broadcast({ of: 'everyone' });
      const news = await socket.ask('whoami', {});
      socket.close();
      return [who, 'open', ...cells, news.event];
    }

    it.each(table.map((row) => [row[0], row] as const))(
      'give a client exactly the row of the table: %s',
      async (who, row) => {
        expect(await rowOf(who)).toEqual(row);
      },
    );
  });
});
