import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LookupAll } from './guarded-lookup';
import { WebhookClient } from './webhook-client';

const MESSAGE = { body: '{"type":"api-key.created"}', headers: { 'webhook-id': 'one' } };
const forever = new AbortController().signal;

let server: Server;
let requests: { readonly path: string; readonly body: string; readonly headers: object }[];
let answer: RequestListener;

beforeEach(async () => {
  requests = [];
  answer = (_request, response) => response.writeHead(204).end();
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      requests.push({ path: String(request.url), body, headers: request.headers });
      answer(request, response);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const port = (): number => (server.address() as AddressInfo).port;
const allowed = (path = '/hooks', timeoutMs = 5000): WebhookClient =>
  new WebhookClient({ url: `http://127.0.0.1:${port()}${path}`, allowPrivateAddresses: true, timeoutMs });

describe('the webhook client', () => {
  it('removes its listeners from the abort signal, after a response and after a timeout', async () => {
    const { signal } = new AbortController();
    const [added, removed] = [
      jest.spyOn(signal, 'addEventListener'),
      jest.spyOn(signal, 'removeEventListener'),
    ];
    const any = jest.spyOn(AbortSignal, 'any');
    await allowed().send(MESSAGE, signal);
    answer = () => undefined;
    await expect(allowed('/hooks', 50).send(MESSAGE, signal)).resolves.toEqual({ failure: 'timeout' });
    expect(added).toHaveBeenCalledTimes(2);
    expect(removed.mock.calls.map(([, listener]) => listener)).toEqual(
      added.mock.calls.map(([, listener]) => listener),
    );
    expect(any).not.toHaveBeenCalled();
    any.mockRestore();
  });

  it('sends the body and headers to the path and query of the URL', async () => {
    await expect(allowed('/hooks?tenant=acme').send(MESSAGE, forever)).resolves.toEqual({
      status: 204,
      retryAfter: undefined,
    });
    expect(requests).toEqual([
      {
        path: '/hooks?tenant=acme',
        body: MESSAGE.body,
        headers: expect.objectContaining({
          'webhook-id': 'one',
          'content-type': 'application/json',
          'content-length': String(MESSAGE.body.length),
        }) as object,
      },
    ]);
  });

  it.each([200, 202, 400, 410, 500, 503])(
    'returns status %i and Retry-After, whatever the body contains',
    async (status) => {
      answer = (_request, response) => response.writeHead(status, { 'Retry-After': '7' }).end('{"a":1}');
      await expect(allowed().send(MESSAGE, forever)).resolves.toEqual({ status, retryAfter: '7' });
    },
  );

  it.each([301, 302, 303, 307, 308])('does not follow a redirect with %i [T78]', async (status) => {
    answer = (_request, response) =>
      response.writeHead(status, { Location: `http://127.0.0.1:${port()}/elsewhere` }).end();
    await expect(allowed().send(MESSAGE, forever)).resolves.toMatchObject({ status });
    expect(requests.map(({ path }) => path)).toEqual(['/hooks']);
  });

  it('stops waiting after its timeout', async () => {
    answer = () => undefined;
    await expect(allowed('/hooks', 100).send(MESSAGE, forever)).resolves.toEqual({ failure: 'timeout' });
  });

  it('returns the status of a response whose body never ends', async () => {
    answer = (_request, response) => response.writeHead(200).write('and');
    await expect(allowed('/hooks', 300).send(MESSAGE, forever)).resolves.toMatchObject({ status: 200 });
  });

  it('stops reading a response body that exceeds the maximum size [T82]', async () => {
    answer = (_request, response) => response.writeHead(200).write(Buffer.alloc(1024 * 1024));
    await expect(allowed('/hooks', 600_000).send(MESSAGE, forever)).resolves.toMatchObject({ status: 200 });
  });

  it.each([
    ['refused', () => server.close(), 'ECONNREFUSED'],
    ['cut', () => (answer = (request) => request.socket.destroy()), 'ECONNRESET'],
  ])('reports the error code if the connection is %s', async (_how, prepare, failure) => {
    const client = allowed();
    prepare();
    if (failure === 'ECONNREFUSED') await once(server, 'close');
    await expect(client.send(MESSAGE, forever)).resolves.toEqual({ failure });
    if (failure === 'ECONNREFUSED') {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
  });

  it.each([101, 102, 100])(
    'waits no longer than its timeout for a receiver that repeats the status %i [T83]',
    async (status) => {
      const head = `HTTP/1.1 ${status} Wait\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n`;
      answer = ({ socket }) => {
        socket.on('error', () => undefined);
        const saying = setInterval(() => socket.writable && socket.write(head), 10);
        socket.once('close', () => clearInterval(saying));
      };
      await expect(allowed('/hooks', 300).send(MESSAGE, forever)).resolves.toEqual(
        status === 101 ? { status } : { failure: 'timeout' },
      );
    },
  );

  it.each([101, 102])(
    'finishes if the receiver closes the connection after the status %i',
    async (status) => {
      answer = ({ socket }) => socket.end(`HTTP/1.1 ${status} Wait\r\n\r\n`);
      const got = await allowed('/hooks', 600_000).send(MESSAGE, forever);
      expect(got.status ?? got.failure).toEqual(status === 101 ? 101 : 'ECONNRESET');
    },
  );

  it('closes the connection if the receiver answers with an upgrade', async () => {
    let left: Promise<unknown> = Promise.resolve();
    answer = ({ socket }) => {
      left = once(socket, 'close');
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n');
    };
    await expect(allowed().send(MESSAGE, forever)).resolves.toEqual({ status: 101 });
    await left;
  });

  it('sends nothing after the service has stopped', async () => {
    await expect(allowed().send(MESSAGE, AbortSignal.abort())).rejects.toThrow('aborted');
    expect(requests).toEqual([]);
  });

  it('aborts a request when the service stops', async () => {
    answer = () => undefined;
    const ending = new AbortController();
    const sending = allowed().send(MESSAGE, ending.signal);
    setTimeout(() => ending.abort(), 50);
    await expect(sending).rejects.toThrow('aborted');
  });
});

const says =
  (...addresses: readonly string[]): LookupAll =>
  (_hostname, _options, callback) => {
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
const guarded = (host: string, lookupAll?: LookupAll, scheme = 'https'): WebhookClient =>
  new WebhookClient({ url: `${scheme}://${host}:${port()}/`, timeoutMs: 2000, lookupAll });

describe('a receiver that requires a public address', () => {
  it.each([
    ['an IPv4 address', '127.0.0.1', undefined],
    ['an IPv6 address', '[::1]', undefined],
    ['an IPv4-mapped IPv6 address', '[::ffff:127.0.0.1]', undefined],
    ['a decimal IPv4 address', '2130706433', undefined],
    ['the name localhost', 'localhost', undefined],
    ['a public name that resolves to it', 'hooks.example', says('127.0.0.1')],
    ['a public name that resolves to it in IPv6', 'hooks.example', says('::1')],
    ['one of several addresses', 'hooks.example', says('93.184.215.14', '127.0.0.1')],
    ['the address of a cloud metadata service', 'hooks.example', says('169.254.169.254')],
  ])('gets no connection if its host is %s', async (_how, host, lookupAll) => {
    const connections: unknown[] = [];
    server.on('connection', (socket) => connections.push(socket));
    await expect(guarded(host, lookupAll).send(MESSAGE, forever)).resolves.toEqual({
      failure: 'refused_address',
    });
    expect(connections).toEqual([]);
  });

  it('gets no connection if its name resolves to a private address on a later lookup [T78]', async () => {
    const connections: unknown[] = [];
    server.on('connection', (socket) => connections.push(socket));
    let lookups = 0;
    const rebinding: LookupAll = (hostname, options, callback) => {
      lookups += 1;
      const turn = lookups === 1 ? says('::', '93.184.215.14') : says('127.0.0.1');
      turn(hostname, options, callback);
    };
    const client = guarded('hooks.example', rebinding);
    for (let time = 0; time < 3; time += 1) {
      await expect(client.send(MESSAGE, forever)).resolves.toEqual({ failure: 'refused_address' });
    }
    expect([lookups, connections]).toEqual([3, []]);
  });

  it('gets no connection over plain http, even with a public name', async () => {
    const client = guarded('hooks.example', says('93.184.215.14'), 'http');
    await expect(client.send(MESSAGE, forever)).resolves.toEqual({ failure: 'refused_address' });
  });
});
