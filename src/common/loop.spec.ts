import { Loop } from './loop';

const HOUR = 3_600_000;
const turns = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a loop', () => {
  let done: number;
  let failures: unknown[];
  let loop: Loop;
  let afterwards: () => unknown;
  let finish: () => void;
  const untilFinished = async (): Promise<void> => new Promise((resolve) => (finish = resolve));

  const start = (restMs: number, work: () => Promise<void> = async () => undefined): void => {
    done = 0;
    afterwards = () => undefined;
    failures = [];
    const counted = async (): Promise<void> => {
      done += 1;
      await work();
      afterwards();
    };
    loop = new Loop(restMs, counted, (error) => failures.push(error));
    loop.start();
  };
  afterEach(async () => loop.stop());

  it('does its work immediately, and again after each interval', async () => {
    start(1);
    expect(done).toBe(1);
    await new Promise<void>((resolve) => (afterwards = () => done < 3 || resolve()));
    expect(done).toBe(3);
  });

  it('does its work immediately when it is woken, and once more if it is woken during the work', async () => {
    start(HOUR, untilFinished);
    loop.wake();
    loop.wake();
    await turns();
    expect(done).toBe(1);
    finish();
    await turns();
    expect(done).toBe(2);
    finish();
    await turns();
    expect(done).toBe(2);
    loop.wake();
    await turns();
    expect(done).toBe(3);
    finish();
  });

  it('continues after a failure, and reports it', async () => {
    start(HOUR, async () => {
      throw new Error(`failure ${done}`);
    });
    await turns();
    loop.wake();
    await turns();
    expect(failures).toEqual([new Error('failure 1'), new Error('failure 2')]);
  });

  it('stops when the work in progress has ended, and cannot be woken again', async () => {
    start(HOUR, untilFinished);
    let ended = false;
    const ending = loop.stop().then(() => (ended = true));
    await turns();
    expect(ended).toBe(false);
    finish();
    await ending;
    loop.wake();
    await turns();
    expect(done).toBe(1);
  });

  it('stops after a timeout if the work never ends [T83]', async () => {
    start(HOUR, untilFinished);
    await turns();
    await expect(loop.stop(20)).resolves.toBe(false);
    finish();
    await expect(loop.stop(20)).resolves.toBe(true);
    expect(done).toBe(1);
  });
});
