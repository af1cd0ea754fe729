import type { Adapter, Guarding, Listening, Used } from './guard/applications';
import { Child } from './kit/child';
import type { Load } from './kit/loader';
import { claim, intervalOf, printTable } from './kit/report';
import { interleave, type Subject } from './kit/rounds';
import { median, ratio } from './kit/statistics';

const SERVER_CORE = 0;
const LOAD_CORE = 1;

/**
 * The number of requests in each measurement. The guards are measured in turn. Each measurement is short, about 50 ms, so that
 * other load on the machine affects all guards equally.
 */
const ANSWERS = { fastify: 2500, express: 800 } as const;

/** The number of times that the processes are started. The speed of the same program varies from process to process. */
const GENERATIONS = 3;
const ROUNDS_OF_ONE = 60;
const WARM_UP_ROUNDS = 20;

const GUARDINGS = ['no guard', 'no-op guard', 'token in clear', 'one SHA-256', 'scopes-guard'] as const;

type Figures = Readonly<Record<Guarding, readonly number[]>>;

async function main(): Promise<void> {
  for (const adapter of ['fastify', 'express'] as const) await measure(adapter);
}

async function measure(adapter: Adapter): Promise<void> {
  const generations: Figures[] = [];
  while (generations.length < GENERATIONS) generations.push(await measureOnce(adapter));
  const all = (guarding: Guarding): number[] => generations.flatMap((figures) => figures[guarding]);
  const row = (name: string, guarding: Guarding): (string | number)[] => [
    name,
    median(all(guarding)),
    1e6 / median(all(guarding)),
    intervalOf(ratio(all(guarding), all('no-op guard'))),
    intervalOf(ratio(all(guarding), all('no guard'))),
  ];
  printTable(
    [`Nest on ${adapter}`, 'answers a CPU-second', 'µs an answer', 'to the no-op guard', 'to no guard'],
    [
      row('no guard', 'no guard'),
      row('no-op guard', 'no-op guard'),
      row('a guard that keeps tokens in clear', 'token in clear'),
      row('a guard of one SHA-256', 'one SHA-256'),
      row('ScopesGuard', 'scopes-guard'),
    ],
  );
  claim(
    `a guarded route on ${adapter}, relative to a no-op guard,`,
    ratio(all('scopes-guard'), all('no-op guard')),
    {
      atLeast: 0.97,
    },
  );
}

/** Measures all guards in one process, so that nothing else differs. */
async function measureOnce(adapter: Adapter): Promise<Figures> {
  const server = Child.start('guard/applications.ts', [adapter], { core: SERVER_CORE });
  const loader = Child.start('kit/loader.ts', [], { core: LOAD_CORE });
  const listening = await server.next<Listening>();
  /** Returns the number of responses per second of the server's processor time. */
  const subject =
    (guarding: Guarding): Subject =>
    async () => {
      const count = ANSWERS[adapter];
      const before = await server.ask<Used>({});
      await loader.ask({ ...listening[guarding], path: '/orgs/acme/memories/1', count } satisfies Load);
      const after = await server.ask<Used>({});
      return (count * 1e6) / (after.used - before.used);
    };
  const subjects = Object.fromEntries(GUARDINGS.map((guarding) => [guarding, subject(guarding)]));
  const figures = await interleave(subjects as Record<Guarding, Subject>, ROUNDS_OF_ONE, WARM_UP_ROUNDS);
  await Promise.all([server.stop(), loader.stop()]);
  return figures;
}

void main();
