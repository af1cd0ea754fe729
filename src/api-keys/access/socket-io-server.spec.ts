import { ProblemException } from '../../problems/problem.exception';
import type { KeyConnection } from './connection-guard';
import { guardSocketIoServer, type SocketIoServer, type SocketIoSocket } from './socket-io-server';

type Listener = (socket: SocketIoSocket) => void;

/** A namespace whose middleware and listeners a test runs. */
class Namespace {
  middleware: Parameters<SocketIoServer['use']>[0] = () => undefined;
  connection: Listener = () => undefined;

  use(middleware: Namespace['middleware']): void {
    this.middleware = middleware;
  }

  on(_event: 'connection', listener: Listener): void {
    this.connection = listener;
  }

  /** Resolves with the error of the middleware. */
  async connect(socket: SocketIoSocket): Promise<Error | undefined> {
    return new Promise((resolve) => this.middleware(socket, resolve));
  }
}

/** What the server did with a socket. */
const emit = jest.fn();
const disconnect = jest.fn();

function socketWith(fields: Partial<SocketIoSocket> = {}): SocketIoSocket {
  return {
    connected: true,
    request: {},
    handshake: {},
    client: {},
    emit,
    disconnect,
    once: () => undefined,
    ...fields,
  };
}

describe('a namespace of Socket.IO', () => {
  let namespace: Namespace;
  let ends: ((problem: ProblemException) => void)[];

  beforeEach(() => {
    jest.resetAllMocks();
    namespace = new Namespace();
    ends = [];
    const follow: KeyConnection['follow'] = (end) => {
      ends.push(end);
      return () => undefined;
    };
    guardSocketIoServer(namespace, async () => ({ access: {} as KeyConnection['access'], follow }));
  });

  it('follows the key of a socket that its middleware accepted', async () => {
    const socket = socketWith();
    await expect(namespace.connect(socket)).resolves.toBeUndefined();
    namespace.connection(socket);
    expect(ends).toHaveLength(1);
    ends[0]?.(ProblemException.from('key_revoked'));
    expect(emit).toHaveBeenCalledWith('exception', expect.objectContaining({ status: 'error' }));
    expect(disconnect).toHaveBeenCalledWith(true);
  });

  it('disconnects a socket that its middleware did not see', () => {
    const socket = socketWith();
    namespace.connection(socket);
    expect(disconnect).toHaveBeenCalledWith(true);
    expect(ends).toHaveLength(0);
  });

  it('does not follow the key of a socket that the application already disconnected', async () => {
    const socket = socketWith({ connected: false });
    await namespace.connect(socket);
    namespace.connection(socket);
    expect(ends).toHaveLength(0);
  });

  it('disconnects a socket whose key ended, even if a listener of the application throws', async () => {
    emit.mockImplementation(() => {
      throw new Error('a fault of the application');
    });
    const socket = socketWith();
    await namespace.connect(socket);
    namespace.connection(socket);
    expect(() => ends[0]?.(ProblemException.from('key_revoked'))).toThrow('a fault of the application');
    expect(disconnect).toHaveBeenCalledWith(true);
  });
});
