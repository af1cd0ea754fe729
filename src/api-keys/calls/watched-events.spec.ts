import { isEventSource, WatchedEvents } from './watched-events';

const ended = new Error('the key ended');

/** A source that a test feeds, and a key that it ends. */
class Scene {
  isClosed = false;
  isFollowing = false;
  end: (error: Error) => void = () => undefined;
  private waiting: ((result: IteratorResult<unknown>) => void)[] = [];
  private failing: ((error: Error) => void)[] = [];

  readonly events = new WatchedEvents(
    {
      [Symbol.asyncIterator]: () => ({
        next: async () =>
          new Promise<IteratorResult<unknown>>((resolve, reject) => {
            this.waiting.push(resolve);
            this.failing.push(reject);
          }),
        return: async () => {
          this.isClosed = true;
          return { done: true, value: undefined };
        },
      }),
    },
    (end) => {
      this.end = end;
      this.isFollowing = true;
      return () => (this.isFollowing = false);
    },
  );

  give(result: IteratorResult<unknown>): void {
    this.waiting.shift()?.(result);
    this.failing.shift();
  }

  fail(error: Error): void {
    this.failing.shift()?.(error);
    this.waiting.shift();
  }
}

let scene: Scene;

beforeEach(() => {
  scene = new Scene();
});

describe('the events of a subscription', () => {
  it('arrive as the source gives them, until it is done', async () => {
    const all: unknown[] = [];
    const reading = (async () => {
      for await (const event of scene.events) all.push(event);
    })();
    for (const value of [1, 2, 3]) {
      scene.give({ value });
      await new Promise(setImmediate);
    }
    scene.give({ done: true, value: undefined });
    await reading;
    expect([all, scene.isFollowing]).toEqual([[1, 2, 3], false]);
  });

  it('end with an error at once while the client waits for one, and the source is closed', async () => {
    const next = scene.events.next();
    scene.end(ended);
    await expect(next).rejects.toBe(ended);
    await expect(scene.events.next()).resolves.toEqual({ done: true, value: undefined });
    expect([scene.isClosed, scene.isFollowing]).toEqual([true, false]);
  });

  it('end with an error at the next read if the client does not wait', async () => {
    scene.end(ended);
    scene.end(new Error('again'));
    await expect(scene.events.next()).rejects.toBe(ended);
    await expect(scene.events.next()).resolves.toEqual({ done: true, value: undefined });
  });

  it('do not contain an event that arrives after the key ended', async () => {
    const next = scene.events.next();
    scene.end(ended);
    scene.give({ value: 'late' });
    await expect(next).rejects.toBe(ended);
  });

  it('end when the client unsubscribes', async () => {
    await scene.events.return();
    expect([scene.isClosed, scene.isFollowing]).toEqual([true, false]);
    await expect(scene.events.next()).resolves.toEqual({ done: true, value: undefined });
    scene.end(ended);
    await expect(scene.events.next()).resolves.toEqual({ done: true, value: undefined });
  });

  it('end at once with a key that ended before they began, and the source is closed', async () => {
    let isFollowing = true;
    let isClosed = false;
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: async () => new Promise<IteratorResult<unknown>>(() => undefined),
        return: async () => {
          isClosed = true;
          return { done: true as const, value: undefined };
        },
      }),
    };
    const events = new WatchedEvents(source, (end) => {
      end(ended);
      return () => (isFollowing = false);
    });
    await expect(events.next()).rejects.toBe(ended);
    await expect(events.next()).resolves.toEqual({ done: true, value: undefined });
    expect([isClosed, isFollowing]).toEqual([true, false]);
  });

  it('fail with the source, and the key is followed no longer', async () => {
    const next = scene.events.next();
    scene.fail(new Error('of the source'));
    await expect(next).rejects.toThrow('of the source');
    expect(scene.isFollowing).toBe(false);
  });
});

it.each([
  [scenario(async function* () {}), true],
  [[1, 2], false],
  ['text', false],
  [null, false],
  [undefined, false],
])('a source of events is recognised by its iterator: %#', (value, expected) => {
  expect(isEventSource(value)).toBe(expected);
});

function scenario(make: () => AsyncIterable<unknown>): unknown {
  return make();
}
