import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { io, type Socket } from 'socket.io-client';
import { WebSocket } from 'ws';
import { eventually } from '../patience';

/** The libraries for WebSockets that Nest has adapters for. */
export const LIBRARIES = ['ws', 'socket.io'] as const;

export type Library = (typeof LIBRARIES)[number];

/** What a client sends when it connects. */
export interface Handshake {
  readonly headers?: Readonly<Record<string, string>>;
  /** The `auth` of Socket.IO. */
  readonly auth?: Readonly<Record<string, unknown>>;
  readonly path?: string;
  readonly namespace?: string;
  readonly transports?: string[];
}

/** An event that the server sent. */
export interface Received {
  readonly event: string;
  readonly data: unknown;
}

/** A connection that the server accepted. */
export interface OpenSocket {
  /** Everything that the server sent, oldest first. */
  readonly received: readonly Received[];
  /** How the server ended the connection, such as `4401 key_revoked`; `undefined` while it is open. */
  readonly ended: string | undefined;
  /** When it ended, by `performance.now()`. */
  readonly endedAt: number;
  send(event: string, data?: unknown): void;
  /** Sends a message, and returns the next event that the server sends. */
  ask(event: string, data?: unknown): Promise<Received>;
  /** Waits until the server ends the connection. */
  end(): Promise<string>;
  close(): void;
}

/** The answer to a client that the server rejected. */
export interface Rejected {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly problem: Readonly<Record<string, unknown>>;
}

/** Connects a client. Resolves with the answer if the server rejects it. */
export async function connect(
  library: Library,
  url: string,
  handshake: Handshake = {},
): Promise<OpenSocket | Rejected> {
  return library === 'ws' ? connectWs(url, handshake) : connectSocketIo(url, handshake);
}

/** Connects a client that the server must accept. */
export async function connected(library: Library, url: string, handshake?: Handshake): Promise<OpenSocket> {
  const socket = await connect(library, url, handshake);
  if ('problem' in socket) throw new Error(`rejected: ${JSON.stringify(socket)}`);
  return socket;
}

/** Connects a client that the server must reject. */
export async function rejection(library: Library, url: string, handshake?: Handshake): Promise<Rejected> {
  const socket = await connect(library, url, handshake);
  if ('problem' in socket) return socket;
  socket.close();
  throw new Error('the server accepted the connection, but must not');
}

/** Returns the headers that present a token. */
export function bearer(token: string): Handshake {
  return { headers: { authorization: `Bearer ${token}` } };
}

async function connectWs(
  url: string,
  { headers = {}, path = '/' }: Handshake,
): Promise<OpenSocket | Rejected> {
  const socket = new WebSocket(new URL(path, url.replace('http', 'ws')), { headers });
  const inbox = new Inbox(
    (event, data) => socket.send(JSON.stringify({ event, data })),
    () => socket.terminate(),
  );
  socket.on('message', (text: Buffer) => inbox.receive(JSON.parse(text.toString()) as Received));
  socket.on('close', (code, reason) => inbox.endWith(`${code} ${reason.toString()}`));
  // After a rejection, ws reports an error too.
  socket.on('error', () => undefined);
  const [kind, response] = await Promise.race([
    once(socket, 'open').then(() => ['open'] as const),
    once(socket, 'unexpected-response').then(
      ([, answer]) => ['rejected', answer as IncomingMessage] as const,
    ),
  ]);
  if (kind === 'open') return inbox;
  const text = await textOf(response);
  const problem = (text.startsWith('{') ? JSON.parse(text) : { text }) as Rejected['problem'];
  socket.terminate();
  return { status: response.statusCode, headers: response.headers, problem };
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return text;
}

async function connectSocketIo(
  url: string,
  { headers = {}, auth = {}, path, namespace = '', transports = ['websocket'] }: Handshake,
): Promise<OpenSocket | Rejected> {
  const socket: Socket = io(`${url}${namespace}`, {
    ...(path !== undefined && { path }),
    transports,
    forceNew: true,
    reconnection: false,
    extraHeaders: headers,
    auth,
  });
  const inbox = new Inbox(
    (event, data) => void (data === undefined ? socket.emit(event) : socket.emit(event, data)),
    () => socket.disconnect(),
  );
  socket.onAny((event: string, data: unknown) => inbox.receive({ event, data }));
  socket.on('disconnect', (reason) => inbox.endWith(reason));
  return new Promise((resolve) => {
    socket.on('connect', () => resolve(inbox));
    socket.on('connect_error', (error: Error & { readonly data?: Rejected['problem'] }) => {
      socket.disconnect();
      resolve({ status: undefined, headers: {}, problem: error.data ?? { text: error.message } });
    });
  });
}

class Inbox implements OpenSocket {
  readonly received: Received[] = [];
  ended: string | undefined;
  endedAt = Infinity;

  constructor(
    readonly send: (event: string, data?: unknown) => void,
    readonly close: () => void,
  ) {}

  receive(event: Received): void {
    this.received.push(event);
  }

  endWith(how: string): void {
    this.ended = how;
    this.endedAt = performance.now();
  }

  async ask(event: string, data?: unknown): Promise<Received> {
    const before = this.received.length;
    this.send(event, data);
    const answer = await eventually(
      () => this.received[before] ?? this.ended,
      (seen) => seen !== undefined,
    );
    if (typeof answer !== 'object') throw new Error(`the connection ended: ${answer}`);
    return answer;
  }

  async end(): Promise<string> {
    return (await eventually(
      () => this.ended,
      (ended) => ended !== undefined,
    )) as string;
  }
}
