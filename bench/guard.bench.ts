import type { Adapter, Guarding, Listening, Used } from './guard/application';
import { Child } from './kit/child';
import { claim, intervalOf, printTable } from './kit/report';
import { interleave, type Subject } from './kit/rounds';
import { median, ratio } from './kit/statistics';
import { loadWith } from './kit/wrk';

const SERVER_CORE = 0;
const LOAD_CORE = 1;
const SECONDS = 1;

/** Processes of one program differ among themselves by some percent, so every few rounds have processes of their own. */
const GENERATIONS = 3;
const ROUNDS_OF_ONE = 6;

async function main(): Promise<void> {
  for (const adapter of ['fastify', 'express'] as const) await measure(adapter);
}

async function measure(adapter: Adapter): Promise<void> {
  const figures = {
    guarded: [] as number[],
    digest: [] as number[],
    noOp: [] as number[],
    open: [] as number[],
  };
  for (let generation = 0; generation < GENERATIONS; generation += 1) {
    const measured = await measureOnce(adapter);
    figures.guarded.push(...measured.guarded);
    figures.digest.push(...measured.digest);
    figures.noOp.push(...measured.noOp);
    figures.open.push(...measured.open);
  }
  const row = (name: string, of: readonly number[]): (string | number)[] => [
    name,
    median(of),
    1e6 / median(of),
    intervalOf(ratio(of, figures.noOp)),
    intervalOf(ratio(of, figures.open)),
  ];
  printTable(
    [`Nest on ${adapter}`, 'answers a CPU-second', 'µs an answer', 'to the no-op guard', 'to no guard'],
    [
      row('no guard', figures.open),
      row('no-op guard', figures.noOp),
      row('a guard of one SHA-256', figures.digest),
      row('ScopesGuard', figures.guarded),
    ],
  );
  claim(`a guarded route on ${adapter}, to a no-op guard,`, ratio(figures.guarded, figures.noOp), {
    atLeast: 0.97,
  });
}

async function measureOnce(
  adapter: Adapter,
): Promise<Readonly<Record<'guarded' | 'digest' | 'noOp' | 'open', readonly number[]>>> {
  const guarded = await Application.start(adapter, 'scopes-guard');
  const digest = await Application.start(adapter, 'one SHA-256');
  const noOp = await Application.start(adapter, 'no-op guard');
  const open = await Application.start(adapter, 'no guard');
  const subjects = {
    guarded: guarded.subject(),
    digest: digest.subject(),
    noOp: noOp.subject(),
    open: open.subject(),
  };
  const figures = await interleave(subjects, ROUNDS_OF_ONE, 4);
  await Promise.all([guarded, digest, noOp, open].map(async (each) => each.stop()));
  return figures;
}

/** An application of Nest in a process of its own, on a core that it shares with no load generator. */
class Application {
  private constructor(
    private readonly child: Child,
    private readonly listening: Listening,
  ) {}

  static async start(adapter: Adapter, guarding: Guarding): Promise<Application> {
    const child = Child.start('guard/application.ts', [adapter, guarding], { core: SERVER_CORE });
    return new Application(child, await child.next<Listening>());
  }

  /** Answers a second of the server's processor time. */
  subject(): Subject {
    return async () => {
      const before = await this.child.ask<Used>({});
      const answers = await loadWith(
        `${this.listening.url}/orgs/acme/memories/1`,
        { Authorization: `Bearer ${this.listening.token}` },
        { seconds: SECONDS, core: LOAD_CORE },
      );
      const after = await this.child.ask<Used>({});
      return (answers * 1e6) / (after.used - before.used);
    };
  }

  async stop(): Promise<void> {
    await this.child.stop();
  }
}

void main();
