import { once } from 'node:events';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { inTime } from './in-time';

/** Another process in all but name: it answers 40 ms after it was called, whatever this thread is busy with. */
const SERVER = `
  const { createServer } = require('node:net');
  const { parentPort } = require('node:worker_threads');
  const server = createServer((socket) => setTimeout(() => socket.end('counted'), 40));
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

/** Keeps the event loop from everything else, as a burst of requests does. */
function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe('waiting for an answer in time', () => {
  it('hands on what answers, and what fails', async () => {
    await expect(inTime(Promise.resolve('counted'), 1000)).resolves.toBe('counted');
    await expect(inTime(Promise.reject(new Error('refused')), 1000)).rejects.toThrow('refused');
  });

  it('gives up what does not answer', async () => {
    const started = performance.now();
    await expect(inTime(new Promise(() => undefined), 50)).rejects.toThrow('no answer within 50 ms');
    expect(performance.now() - started).toBeLessThan(500);
  });

  it('takes an answer that arrived while the process was too busy to read it', async () => {
    const server = new Worker(SERVER, { eval: true });
    const [port] = (await once(server, 'message')) as [number];
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const answered = once(socket, 'data').then(([data]) => String(data));
    const answer = inTime(answered, 20).catch(String);
    block(400);
    const outcome = await answer;
    socket.destroy();
    await server.terminate();
    expect(outcome).toBe('counted');
  });
});
