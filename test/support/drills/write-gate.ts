import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { answerTo, commandIn, type WireCommand, WireMessages } from './mongo-wire';

const WRITES: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'findAndModify']);

/** An error that a server answers. */
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

/** A way to a MongoDB server on which reads always pass, and writes may not. */
export interface WriteGate {
  readonly port: number;
  /** How many writes were answered as on a full disk. */
  readonly refused: number;
  /** From now on each write is answered with error 14031, as by a server whose disk is full. */
  fillDisk(): void;
  /** From now on each write is answered with this error. */
  refuse(error: ServerError): void;
  /** From now on no write to this collection arrives, or is answered. */
  swallow(collection: string): void;
  /** From now on the server says this of itself to whoever asks by `hello`, except to the driver's own monitoring. */
  pose(hello: Readonly<Record<string, unknown>>): void;
  open(): void;
  close(): Promise<void>;
}

/** What is to become of a write: nothing else than usual where it is `undefined`. */
type Fault = { readonly refusal: ServerError } | { readonly swallowed: string };

/** Starts one in front of a server. */
export async function startWriteGate(target: {
  readonly host: string;
  readonly port: number;
}): Promise<WriteGate> {
  const sockets = new Set<Socket>();
  let fault: Fault | undefined;
  let posing: Readonly<Record<string, unknown>> | undefined;
  let refused = 0;

  /** Servers refuse a whole command, or each statement in it: drivers see two different errors. */
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
