import type { ApiKey } from '../domain/api-key';
import { InvalidCursorError } from '../../http/cursor';
import { KEY_CURSORS, type KeyPageQuery, pageOf as pageOfAll } from './key-page';
import type { Viewpoint } from '../domain/visibility';
import type { ApiKeyQuery, ApiKeyRepository, KeyOutline } from '../storage/api-key.repository';

const NOON = new Date('2027-01-31T12:00:00Z');
const pageOf = async (
  repository: ApiKeyRepository,
  viewpoint: Viewpoint,
  query: KeyPageQuery,
  now: Date,
): ReturnType<typeof pageOfAll> => pageOfAll(repository, [viewpoint], query, now);
const idOf = (index: number): string => `01jd8x4k2m6n8p0q2r4s6${String(index).padStart(5, '0')}`;

const keyAt = (index: number, part: Partial<ApiKey> = {}): ApiKey => ({
  id: idOf(index),
  name: `key ${index}`,
  createdBy: 'cli',
  scopes: [],
  allowedIps: [],
  rateLimits: [],
  metadata: {},
  enabled: true,
  secrets: [],
  version: 1,
  createdAt: NOON,
  updatedAt: NOON,
  ...part,
});
const keys = (count: number, part: (index: number) => Partial<ApiKey>): ApiKey[] =>
  Array.from({ length: count }, (_each, index) => keyAt(index, part(index)));

/** A store of keys, sorted by id, that records its queries and counts its reads. */
class FakeRepository implements Pick<ApiKeyRepository, 'list' | 'listOutlines' | 'findMany'> {
  readonly queries: ApiKeyQuery[] = [];
  examined = 0;
  /** The number of whole records that were read. */
  whole = 0;

  constructor(private readonly stored: readonly ApiKey[]) {}

  async list(query: ApiKeyQuery): Promise<readonly ApiKey[]> {
    const found = this.found(query);
    this.whole += found.length;
    return found;
  }

  async listOutlines(query: ApiKeyQuery): Promise<readonly KeyOutline[]> {
    return this.found(query);
  }

  async findMany(ids: readonly string[]): Promise<readonly ApiKey[]> {
    this.whole += ids.length;
    return this.stored.filter(({ id }) => ids.includes(id)).toReversed();
  }

  private found(query: ApiKeyQuery): readonly ApiKey[] {
    this.queries.push(query);
    const { before, limit, ...parts } = query;
    const found = this.stored
      .filter((key) => before === undefined || key.id < before)
      .filter((key) => parts.ownerId === undefined || key.ownerId === parts.ownerId)
      .filter((key) => parts.orgId === undefined || key.orgId === parts.orgId)
      .filter((key) => parts.projectId === undefined || key.projectId === parts.projectId)
      .filter((key) => parts.externalId === undefined || key.externalId === parts.externalId)
      .toReversed()
      .slice(0, limit);
    this.examined += found.length;
    return found;
  }
}
const repositoryOf = (stored: readonly ApiKey[]): FakeRepository & ApiKeyRepository =>
  new FakeRepository(stored) as FakeRepository & ApiKeyRepository;

interface Pages {
  readonly ids: readonly string[];
  readonly sizes: readonly number[];
  readonly examined: readonly number[];
}

/** Reads all pages, up to the one whose `nextCursor` is null. */
async function readAll(
  repository: FakeRepository & ApiKeyRepository,
  viewpoint: Viewpoint,
  query: KeyPageQuery,
): Promise<Pages> {
  const pages: ApiKey[][] = [];
  const examined: number[] = [];
  let cursor: string | undefined;
  do {
    const already = repository.examined;
    const page = await pageOf(repository, viewpoint, { ...query, cursor }, NOON);
    pages.push([...page.data]);
    examined.push(repository.examined - already);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && pages.length < 200);
  return { ids: pages.flat().map(({ id }) => id), sizes: pages.map((page) => page.length), examined };
}

const newestFirst = (stored: readonly ApiKey[]): string[] => stored.map(({ id }) => id).toReversed();

describe('a list of 2,500 keys', () => {
  const stored = keys(2500, (index) => ({
    orgId: index % 2 === 0 ? 'acme' : 'globex',
    projectId: index % 5 === 0 ? 'apollo' : 'hermes',
    ownerId: index % 3 === 0 ? 'ada' : 'bob',
    enabled: index % 500 !== 7,
  }));
  const where = (part: Partial<ApiKey>): string[] =>
    newestFirst(
      stored.filter((key) =>
        Object.entries(part).every(([name, value]) => key[name as keyof ApiKey] === value),
      ),
    );

  it.each<[string, Viewpoint, Omit<KeyPageQuery, 'limit'>, string[]]>([
    ['all keys for an unlimited caller', {}, {}, where({})],
    ['only keys of acme for a key of acme', { orgId: 'acme' }, {}, where({ orgId: 'acme' })],
    ['only keys of acme for that filter', {}, { orgId: 'acme' }, where({ orgId: 'acme' })],
    [
      'only keys of its project for a key of a project',
      { orgId: 'acme', projectId: 'apollo' },
      {},
      where({ orgId: 'acme', projectId: 'apollo' }),
    ],
    [
      'only keys of a project for that filter by a key of acme',
      { orgId: 'acme' },
      { projectId: 'apollo' },
      where({ orgId: 'acme', projectId: 'apollo' }),
    ],
    [
      'only keys of a project for a key of a project in any organisation',
      { projectId: 'apollo' },
      {},
      where({ projectId: 'apollo' }),
    ],
    ['only her own keys for an owner', { ownerId: 'ada' }, {}, where({ ownerId: 'ada' })],
    [
      'only her own keys at acme for an owner with that filter',
      { ownerId: 'ada' },
      { orgId: 'acme' },
      where({ ownerId: 'ada', orgId: 'acme' }),
    ],
    ['only disabled keys, which are rare', {}, { status: 'disabled' }, where({ enabled: false })],
    ['only active keys, which are many', {}, { status: 'active' }, where({ enabled: true })],
    ['no keys for the status revoked, which none has', {}, { status: 'revoked' }, []],
  ])(
    'shows %s: each once, newest first, with at most 1,000 reads per page',
    async (_what, viewpoint, query, expected) => {
      const pages = await readAll(repositoryOf(stored), viewpoint, { limit: 100, ...query });
      expect(pages.ids).toEqual(expected);
      expect(Math.max(...pages.sizes)).toBeLessThanOrEqual(100);
      expect(Math.max(...pages.examined)).toBeLessThanOrEqual(1000);
    },
  );

  it('can have short or empty pages before the last one', async () => {
    const pages = await readAll(repositoryOf(stored), {}, { limit: 100, status: 'disabled' });
    expect(pages.sizes).toEqual([2, 2, 1]);
    const none = await readAll(repositoryOf(stored), {}, { limit: 100, status: 'revoked' });
    expect(none.sizes).toEqual([0, 0, 0]);
  });

  it('reads whole records only for the keys that a filtered page shows [T44]', async () => {
    const repository = repositoryOf(stored);
    const page = await pageOf(repository, {}, { limit: 2, status: 'disabled' }, NOON);
    expect([page.data.length, repository.whole]).toEqual([2, 2]);
    expect(repository.examined).toBeGreaterThan(100);
    await pageOf(repository, {}, { limit: 2, status: 'revoked' }, NOON);
    expect(repository.whole).toBe(2);
  });

  it.each<[string, Partial<ApiKey>]>([
    ['was enabled', { enabled: true }],
    ['moved to another tenant', { orgId: 'globex' }],
  ])('leaves out a key that %s between the filter and the read of the record', async (_what, change) => {
    const repository = repositoryOf(keys(3, () => ({ orgId: 'acme', enabled: false })));
    const [newest, between, oldest] = await repository.findMany([idOf(0), idOf(1), idOf(2)]);
    repository.findMany = async () =>
      [newest, between && { ...between, ...change }, oldest].flatMap((key) => key ?? []);
    const page = await pageOf(repository, { orgId: 'acme' }, { limit: 10, status: 'disabled' }, NOON);
    expect(page.data.map(({ id }) => id)).toEqual([idOf(2), idOf(0)]);
    expect(page.nextCursor).toBeNull();
  });

  it('reads only one record more than the page shows if an index covers the filter', async () => {
    const repository = repositoryOf(stored);
    await pageOf(repository, { orgId: 'acme' }, { limit: 20 }, NOON);
    expect(repository.queries).toEqual([
      { ownerId: undefined, orgId: 'acme', projectId: undefined, before: undefined, limit: 21 },
    ]);
  });

  it.each<[string, Viewpoint, Omit<KeyPageQuery, 'limit'>]>([
    ['of a project', { projectId: 'apollo' }, {}],
    ['of a project, by status', { projectId: 'apollo' }, { status: 'disabled' }],
    ['of an org, by status', { orgId: 'acme' }, { status: 'revoked' }],
    ['of an owner in an org, by status', { ownerId: 'ada', orgId: 'acme' }, { status: 'disabled' }],
  ])('puts no id of a hidden key into a cursor for keys %s', async (_what, viewpoint, query) => {
    const repository = repositoryOf(stored);
    const seen = new Set(where(viewpoint));
    let page = await pageOf(repository, viewpoint, { limit: 100, ...query }, NOON);
    while (page.nextCursor !== null) {
      expect(seen).toContain(KEY_CURSORS.read(page.nextCursor));
      page = await pageOf(repository, viewpoint, { limit: 100, ...query, cursor: page.nextCursor }, NOON);
    }
    expect(repository.examined).toBeLessThanOrEqual(seen.size + repository.queries.length);
  });

  it.each([1, 2, 99, 100])('contains every key once with pages of %d keys', async (limit) => {
    const few = stored.slice(0, 150);
    const { ids } = await readAll(repositoryOf(few), {}, { limit });
    expect(ids).toEqual(newestFirst(few));
  });
});

describe('the last page', () => {
  it.each([
    [0, 10],
    [9, 10],
    [10, 10],
  ])('is the first page for %d keys and pages of %d', async (count, limit) => {
    const page = await pageOf(repositoryOf(keys(count, () => ({}))), {}, { limit }, NOON);
    expect(page.data).toHaveLength(count);
    expect(page.nextCursor).toBeNull();
  });

  it('is the second page for 11 keys and pages of 10', async () => {
    const repository = repositoryOf(keys(11, () => ({})));
    const page = await pageOf(repository, {}, { limit: 10 }, NOON);
    expect(page.nextCursor).toMatch(/^[A-Za-z0-9_-]+$/);
    const next = await pageOf(repository, {}, { limit: 10, cursor: page.nextCursor ?? '' }, NOON);
    expect(next.data.map(({ id }) => id)).toEqual([idOf(0)]);
    expect(next.nextCursor).toBeNull();
  });

  it('does not change when newer keys are created', async () => {
    const before = keys(15, () => ({}));
    const page = await pageOf(repositoryOf(before), {}, { limit: 10 }, NOON);
    const grown = repositoryOf([...before, keyAt(15), keyAt(16)]);
    const next = await pageOf(grown, {}, { limit: 10, cursor: page.nextCursor ?? '' }, NOON);
    expect([...page.data, ...next.data].map(({ id }) => id)).toEqual(newestFirst(before));
  });
});

describe('a caller that filters for keys it cannot see', () => {
  it.each<[string, Viewpoint, Omit<KeyPageQuery, 'limit'>]>([
    ['the keys of globex as acme', { orgId: 'acme' }, { orgId: 'globex' }],
    ['another project', { orgId: 'acme', projectId: 'apollo' }, { projectId: 'hermes' }],
    ['the keys of Bob as Ada', { ownerId: 'ada' }, { ownerId: 'bob' }],
  ])('gets an empty list, and the store is not read: %s', async (_what, viewpoint, query) => {
    const repository = repositoryOf(
      keys(5, () => ({ orgId: 'globex', projectId: 'hermes', ownerId: 'bob' })),
    );
    expect(await pageOf(repository, viewpoint, { limit: 10, ...query }, NOON)).toEqual({
      data: [],
      nextCursor: null,
    });
    expect(repository.queries).toEqual([]);
  });

  it('gets no hidden keys even if the store ignores the filter', async () => {
    const careless = repositoryOf(keys(5, () => ({ orgId: 'globex' })));
    careless.list = async () => keys(5, () => ({ orgId: 'globex' }));
    expect((await pageOf(careless, { orgId: 'acme' }, { limit: 10 }, NOON)).data).toEqual([]);
  });
});

const encoded = (text: string): string => Buffer.from(text, 'latin1').toString('base64url');

describe('a cursor', () => {
  it('starts the page after the key that it names', async () => {
    const page = await pageOf(
      repositoryOf(keys(3, () => ({}))),
      {},
      { limit: 1, cursor: encoded(`k1:${idOf(2)}`) },
      NOON,
    );
    expect(page.data.map(({ id }) => id)).toEqual([idOf(1)]);
  });

  it.each([
    ['empty', ''],
    ['an id', idOf(1)],
    ['a word', 'next'],
    ['the id of a key without the mark k1:', encoded(idOf(1))],
    ['the mark alone', encoded('k1:')],
    ['another mark', encoded(`k2:${idOf(1)}`)],
    ['an upper-case id', encoded(`k1:${idOf(1).toUpperCase()}`)],
    ['an invalid id', encoded('k1:00000000000000000000000000i')],
    ['an id with a trailing character', encoded(`k1:${idOf(1)}0`)],
    ['an id with a newline', encoded(`k1:${idOf(1)}\n`)],
    ['an id with NUL before it', encoded(`k1:\0${idOf(1)}`)],
    ['an operator', encoded('k1:{"$gt":""}')],
    ['valid, but padded', `${encoded(`k1:${idOf(1)}`)}=`],
    ['valid after a space', ` ${encoded(`k1:${idOf(1)}`)}`],
    ['valid except for one character', encoded(`k1:${idOf(1)}`).replace('M', 'M!')],
    ['valid, but with unused bits set', `${encoded(`k1:${idOf(1)}`).slice(0, -1)}B`],
    ['valid before a character beyond Latin-1', `${encoded(`k1:${idOf(1)}`)}Ā`],
    ['one megabyte long', 'a'.repeat(1024 * 1024)],
  ])('is rejected with invalid_cursor if it is %s', async (_what, cursor) => {
    const repository = repositoryOf(keys(3, () => ({})));
    await expect(pageOf(repository, {}, { limit: 10, cursor }, NOON)).rejects.toThrow(InvalidCursorError);
    await expect(
      pageOf(repository, { orgId: 'acme' }, { limit: 10, cursor, orgId: 'globex' }, NOON),
    ).rejects.toMatchObject({ code: 'invalid_cursor' });
    expect(repository.queries).toEqual([]);
  });
});
