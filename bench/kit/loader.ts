import { connect, type Socket } from 'node:net';

/**
 * Asks the loader to send `count` requests over persistent connections. After the last response, the loader sends an
 * empty message to this process.
 */
export interface Load {
  readonly port: number;
  readonly path: string;
  readonly token: string;
  readonly count: number;
}

const CONNECTIONS = 32;
const STATUS_AT = 'HTTP/1.1 '.length;

const connections = new Map<number, readonly Socket[]>();

function connectionsTo(port: number): readonly Socket[] {
  let open = connections.get(port);
  if (open === undefined) {
    open = Array.from({ length: CONNECTIONS }, () => connect({ port, host: '127.0.0.1', noDelay: true }));
    connections.set(port, open);
  }
  return open;
}

/**
 * Sends the requests. Each response is small enough to arrive in one piece, and triggers the next request of its
 * connection.
 */
function load({ port, path, token, count }: Load): void {
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  let sent = 0;
  let answered = 0;
  const sendOn = (connection: Socket): void => {
    if (sent === count) return;
    sent += 1;
    connection.write(request);
  };
  for (const connection of connectionsTo(port)) {
    connection.removeAllListeners('data');
    connection.on('data', (answer) => {
      const status = answer.toString('latin1', STATUS_AT, STATUS_AT + 3);
      if (status !== '200') throw new Error(`an answer was ${status}`);
      answered += 1;
      sendOn(connection);
      if (answered === count) process.send?.({});
    });
    sendOn(connection);
  }
}

process.on('message', load);
process.on('disconnect', () => process.exit());
