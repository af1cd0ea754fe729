import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { timed } from '../../test/support/lateness';
import { inTime } from './in-time';

/** A server in another thread, which answers after 40 ms even if this thread is busy, and then sets a flag. */
const SERVER = `
  const { createServer } = require('node:net');
  const { parentPort, workerData: flag } = require('node:worker_threads');
  const answer = (socket) => socket.end('counted', () => Atomics.store(flag, 0, 1));
  const server = createServer((socket) => setTimeout(() => answer(socket), 40));
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

/** Blocks the event loop until a flag is set, as a burst of requests does. */
function blockUntil(flag: Int32Array): void {
  while (Atomics.load(flag, 0) === 0);
}

describe('waiting for an answer with a timeout', () => {
  it('returns the answer, or throws its error', async () => {
    await expect(inTime(Promise.resolve('counted'), 1000)).resolves.toBe('counted');
    await expect(inTime(Promise.reject(new Error('refused')), 1000)).rejects.toThrow('refused');
  });

  it('throws after the timeout', async () => {
    const { ms } = await timed(async () =>
      expect(inTime(new Promise(() => undefined), 50)).rejects.toThrow('no answer within 50 ms'),
    );
    expect(ms).toBeLessThan(500);
  });

  it('returns an answer that has arrived before a busy process checks the timeout', async () => {
    const answered = new Int32Array(new SharedArrayBuffer(4));
    const server = new Worker(SERVER, { eval: true, workerData: answered });
    const [port] = (await once(server, 'message')) as [number];
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const data = once(socket, 'data').then(([chunk]) => String(chunk));
    const answer = inTime(data, 20).catch(String);
    blockUntil(answered);
    const outcome = await answer;
    socket.destroy();
    await server.terminate();
    expect(outcome).toBe('counted');
  });
});
