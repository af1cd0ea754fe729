import type { HttpRequest } from '../../http/http-request';
import { rejectedMessageOf } from '../calls/message-rejection';
import { retryAfterOf } from '../calls/retry-after';
import type { ProblemException } from '../../problems/problem.exception';
import { answerOf, type ConnectionGate } from './connection-gate';
import type { KeyConnection } from './connection-guard';
import { attachCallAccess } from './verified-access';

/** The part of a socket of Socket.IO that Keyward uses. */
export interface SocketIoSocket {
  readonly connected: boolean;
  readonly request: HttpRequest;
  readonly handshake: { readonly auth?: unknown };
  /** The physical connection, with its sockets in all namespaces. */
  readonly client: { readonly sockets?: ReadonlyMap<string, unknown> };
  emit(event: string, data: unknown): unknown;
  disconnect(close: boolean): unknown;
  once(event: 'disconnect', listener: () => void): unknown;
}

type Middleware = (socket: SocketIoSocket, next: (error?: Error) => void) => void;

interface SocketIoOptions {
  readonly connectionStateRecovery?: object;
}

/** The part of a server or a namespace of Socket.IO that Keyward uses. */
export interface SocketIoServer {
  use(middleware: Middleware): unknown;
  on(event: 'connection', listener: (socket: SocketIoSocket) => void): unknown;
  /** Of a server: its main namespace. Of a namespace: its sockets. */
  readonly sockets?: SocketIoServer | ReadonlyMap<string, SocketIoSocket>;
  /** The server of a namespace. */
  readonly server?: SocketIoServer;
  readonly opts?: SocketIoOptions;
}

/** Returns whether a value is a server or a namespace of Socket.IO. */
export function isSocketIoServer(server: unknown): server is SocketIoServer {
  const { use, on, of, server: owner } = (server ?? {}) as Partial<Record<string, unknown>>;
  const isServer = typeof of === 'function' || isSocketIoOwner(owner);
  return isServer && typeof use === 'function' && typeof on === 'function';
}

function isSocketIoOwner(owner: unknown): boolean {
  return typeof (owner as { readonly of?: unknown } | undefined)?.of === 'function';
}

/** Returns whether clients can recover a connection. They then receive missed events before a middleware can judge them. */
export function recoversConnections(server: SocketIoServer): boolean {
  return (server.server ?? server).opts?.connectionStateRecovery !== undefined;
}

/** Judges each connection in a middleware, so that the application can send nothing to a client that may not connect. */
export function guardSocketIoServer(server: SocketIoServer, gate: ConnectionGate): void {
  for (const socket of socketsOf(server)) socket.disconnect(true);
  /** The sockets that may connect, each with its connection unless it has no credential. */
  const admitted = new WeakMap<SocketIoSocket, KeyConnection | undefined>();
  const judge = async (socket: SocketIoSocket, next: (error?: Error) => void): Promise<void> => {
    const { request, handshake } = socket;
    const { connection, problem } = await answerOf(gate, { request, handshake: handshake.auth });
    if (connection !== undefined) attachCallAccess(socket, connection.access);
    if (problem === undefined) admitted.set(socket, connection);
    next(problem && connectErrorOf(problem));
  };
  server.use((socket, next) => void judge(socket, next));
  server.on('connection', (socket) => {
    if (!admitted.has(socket)) {
      // Something let it past the middleware after the start.
      socket.disconnect(true);
      return;
    }
    const connection = admitted.get(socket);
    // A listener of the application may have disconnected it already.
    if (connection === undefined || !socket.connected) return;
    socket.once(
      'disconnect',
      connection.follow((problem) => end(socket, problem)),
    );
  });
}

function socketsOf({ sockets }: SocketIoServer): Iterable<SocketIoSocket> {
  if (sockets === undefined) return [];
  return 'use' in sockets ? socketsOf(sockets) : sockets.values();
}

/** Socket.IO sends the message and `data` of the error to the client. */
function connectErrorOf(rejection: ProblemException): Error {
  const data = { ...rejection.problem, ...retryAfterOf(rejection) };
  return Object.assign(new Error(rejection.message), { data });
}

function end(socket: SocketIoSocket, problem: ProblemException): void {
  try {
    socket.emit('exception', rejectedMessageOf(problem));
  } finally {
    // Another namespace of the same connection may have another key.
    socket.disconnect((socket.client.sockets?.size ?? 1) <= 1);
  }
}
