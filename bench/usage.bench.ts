import { newKeyId } from '../src/api-keys/domain/key-id';
import type { UsageTally } from '../src/api-keys/domain/usage';
import type { UsageRepository } from '../src/api-keys/ports/usage.repository';
import { SentCommands, serves, type ServerIndex, shapesOf } from '../test/contract/sent-commands';
import { openMongoUsageRepository } from '../test/contract/usage-opened-repository';
import { startBenchMongo } from './kit/mongo-store';
import { print, printTable } from './kit/report';

const DAY_MS = 24 * 3_600_000;
const DAYS = 31;
const FIRST = Date.parse('2027-01-01T00:00:00Z');
const SPAN = { from: new Date(FIRST), to: new Date(FIRST + DAYS * DAY_MS) };
const ORGS = 2000;
const OWNERS = 8000;
/** With the sums of these organisations and owners, more than a million documents. */
const KEYS = 16_000;
const BATCH = 1000;
const ROUNDS = 9;

const keyIds = Array.from({ length: KEYS }, (_, index) => newKeyId(new Date(FIRST + index)));
const orgOf = (index: number): string => `org-${index % ORGS}`;
const ownerOf = (index: number): string => `owner-${index % OWNERS}`;

const QUERIES: Readonly<Record<string, (repository: UsageRepository) => Promise<unknown>>> = {
  'usage of one key, 31 days': async (repository) => repository.usageOf(keyIds[0] ?? '', SPAN),
  'groupBy=key, 100 keys, 31 days': async (repository) =>
    repository.hoursOf(
      keyIds.slice(0, 100).map((keyId) => ({ keyId })),
      SPAN,
    ),
  'groupBy=outcome, all keys': async (repository) => repository.hoursOf([{}], SPAN),
  'groupBy=day, one organisation': async (repository) => repository.hoursOf([{ orgId: orgOf(0) }], SPAN),
  'groupBy=hour, one owner': async (repository) => repository.hoursOf([{ ownerId: ownerOf(0) }], SPAN),
  'groupBy=outcome, owner and organisation': async (repository) =>
    repository.hoursOf([{ orgId: orgOf(0), ownerId: ownerOf(0) }], SPAN),
  'groupBy=org, first 100': async (repository) => repository.groups({ by: 'org', span: SPAN, limit: 100 }),
  'groupBy=owner, 100 in the middle': async (repository) =>
    repository.groups({ by: 'owner', span: SPAN, limit: 100, after: ownerOf(OWNERS / 2) }),
  'groupBy=owner of one organisation': async (repository) =>
    repository.groups({ by: 'owner', orgId: orgOf(0), span: SPAN, limit: 100 }),
  'groupBy=org of one owner': async (repository) =>
    repository.groups({ by: 'org', ownerId: ownerOf(0), span: SPAN, limit: 100 }),
};

async function main(): Promise<void> {
  const mongo = await startBenchMongo();
  const store = await openMongoUsageRepository(mongo.uriOf('usage'), { monitorCommands: true }, 120_000);
  const { repository, documents } = store;
  const flushes: number[] = [];
  for (let day = 0; day < DAYS; day += 1) {
    for (let first = 0; first < KEYS; first += BATCH) {
      const tallies = keyIds.slice(first, first + BATCH).map((_, index) => tallyOf(first + index, day));
      flushes.push(await timeOf(async () => repository.add(tallies)));
    }
  }
  print(
    `${await documents.countDocuments()} documents; a flush of ${BATCH} keys takes ${ms(median(flushes))}\n`,
  );
  const indexes = (await documents.indexes()) as ServerIndex[];
  const sent = new SentCommands(store.connection, 'api_key_usage');
  const rows: string[][] = [];
  for (const [what, run] of Object.entries(QUERIES)) {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) times.push(await timeOf(async () => run(repository)));
    const shapes = sent.take().flatMap(shapesOf);
    const index = indexes.find((each) => shapes.every((shape) => serves(each, shape)));
    rows.push([what, ms(median(times)), ms(Math.max(...times)), index?.name ?? 'none']);
  }
  printTable(['query', 'median', 'slowest', 'index'], rows);
  await store.close();
  await mongo.stop();
}

function tallyOf(index: number, day: number): UsageTally {
  const lastUsedAt = new Date(FIRST + day * DAY_MS + (index % 24) * 3_600_000);
  const outcomes = [
    { outcome: 'VALID', count: 1 + (index % 50), cost: 1 + (index % 50) },
    { outcome: 'RATE_LIMITED', count: 2, cost: 4 },
  ] as const;
  return {
    keyId: keyIds[index] ?? '',
    orgId: orgOf(index),
    ownerId: ownerOf(index),
    hour: lastUsedAt,
    outcomes,
    lastUsedAt,
    lastAddress: '203.0.113.7',
  };
}

async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await run();
  return performance.now() - begun;
}

const median = (times: readonly number[]): number =>
  times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? Number.NaN;
const ms = (time: number): string => `${time.toFixed(1)} ms`;

void main();
