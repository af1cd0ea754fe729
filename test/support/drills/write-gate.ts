import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { answerTo, commandIn, type WireCommand, WireMessages } from './mongo-wire';

const WRITES: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'findAndModify']);

/** An error that a server returns. */
export interface ServerError {
  readonly code: number;
  readonly codeName: string;
  readonly errmsg: string;
  readonly errorLabels?: readonly string[];
}

const OUT_OF_DISK_SPACE: ServerError = {
  code: 14_031,
  codeName: 'OutOfDiskSpace',
  errmsg: "Can't take a write lock while out of disk space",
};

/** A proxy to a MongoDB server on which reads always pass, and writes can be blocked. */
export interface WriteGate {
  readonly port: number;
  /** The number of writes that the gate answered with an error. */
  readonly refused: number;
  /** Answers every write with error 14031 from now on, like a server with a full disk. */
  fillDisk(): void;
  /** Answers every write with this error from now on. */
  refuse(error: ServerError): void;
  /** Drops writes to this collection from now on: they do not reach the server and get no answer. */
  swallow(collection: string): void;
  /** Answers `hello` with this description of a server from now on, except for the driver's own monitoring. */
  pose(hello: Readonly<Record<string, unknown>>): void;
  open(): void;
  close(): Promise<void>;
}

/** What the gate does to writes: answer with an error, or drop those to one collection. */
type Fault = { readonly refusal: ServerError } | { readonly swallowed: string };

/** Starts a write gate in front of a server. */
export async function startWriteGate(target: {
  readonly host: string;
  readonly port: number;
}): Promise<WriteGate> {
  const sockets = new Set<Socket>();
  let fault: Fault | undefined;
  let posing: Readonly<Record<string, unknown>> | undefined;
  let refused = 0;

  /**
   * Rejects alternately the whole command and its first statement, because a driver reports these as different errors.
   */
  const refusalOf = (command: WireCommand, error: ServerError): Buffer => {
    refused += 1;
    const whole = { ok: 0, ...error };
    const single = { ok: 1, n: 0, writeErrors: [{ index: 0, ...error }] };
    return answerTo(command, refused % 2 === 0 || command.name === 'findAndModify' ? whole : single);
  };

  const pass = (client: Socket): void => {
    const server = connect(target);
    const messages = new WireMessages();
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay(true).on('error', () => undefined);
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (bytes: Buffer) => {
      for (const message of messages.take(bytes)) {
        const command = fault === undefined && posing === undefined ? undefined : commandIn(message);
        if (posing !== undefined && command?.name === 'hello' && command.database !== 'admin')
          client.write(answerTo(command, { ok: 1, ...posing }));
        else if (command === undefined || !WRITES.has(command.name)) server.write(message);
        else if (fault !== undefined && 'refusal' in fault) client.write(refusalOf(command, fault.refusal));
        else if (fault?.swallowed !== command.collection) server.write(message);
      }
    });
    server.on('data', (bytes: Buffer) => client.write(bytes));
  };

  const proxy = createServer(pass).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    port: (proxy.address() as AddressInfo).port,
    get refused() {
      return refused;
    },
    fillDisk: () => {
      fault = { refusal: OUT_OF_DISK_SPACE };
    },
    refuse: (refusal) => {
      fault = { refusal };
    },
    swallow: (collection) => {
      fault = { swallowed: collection };
    },
    pose: (hello) => {
      posing = hello;
    },
    open: () => {
      fault = undefined;
      posing = undefined;
    },
    close: async () => {
      proxy.close();
      for (const socket of sockets) socket.destroy();
      await once(proxy, 'close');
    },
  };
}
