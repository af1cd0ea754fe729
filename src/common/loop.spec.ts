import { Loop } from './loop';

const HOUR = 3_600_000;
const turns = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what is done again and again', () => {
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

  it('is done at once, and again after a rest', async () => {
    start(1);
    expect(done).toBe(1);
    await new Promise<void>((resolve) => (afterwards = () => done < 3 || resolve()));
    expect(done).toBe(3);
  });

  it('is done at once when it is woken, and again when it is woken while it is done', async () => {
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

  it('goes on after a failure, and tells of it', async () => {
    start(HOUR, async () => {
      throw new Error(`failure ${done}`);
    });
    await turns();
    loop.wake();
    await turns();
    expect(failures).toEqual([new Error('failure 1'), new Error('failure 2')]);
  });

  it('is waited for when it is to end, and not done again', async () => {
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

  it('is not waited for for ever, where it never ends [T83]', async () => {
    start(HOUR, untilFinished);
    await turns();
    await expect(loop.stop(20)).resolves.toBe(false);
    finish();
    await expect(loop.stop(20)).resolves.toBe(true);
    expect(done).toBe(1);
  });
});
