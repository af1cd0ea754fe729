import { newKeyId } from '../../src/api-keys/domain/key-id';
import {
  mongoUsageRepositoryOn,
  openMongoUsageRepository,
  type OpenedMongoUsageRepository,
} from './usage-opened-repository';
import { describeUsageRepository, uses } from './usage-repository.contract';

describe('usage in MongoDB', () => {
  describeUsageRepository(async () => openMongoUsageRepository());
});

describe('the documents of usage in MongoDB', () => {
  let store: OpenedMongoUsageRepository;

  beforeEach(async () => {
    store = await openMongoUsageRepository();
  });
  afterEach(async () => {
    await store.close();
  });

  it('include one for each key, and one for each day and key, organisation and owner', async () => {
    const acme = newKeyId(new Date());
    await store.repository.add([
      uses(acme, '10T09:00:00', 3),
      uses(acme, '10T23:00:05', 4),
      uses(acme, '11T00:00:00', 5),
    ]);
    const documents = await store.documents.find().sort({ _id: 1 }).toArray();
    const sums = documents.filter(({ _id }) => !_id.startsWith(acme));
    expect(sums.map(({ _id }) => _id)).toEqual(
      ['all', 'org/', 'owner/', 'pair//'].flatMap((sum) => [`${sum}/2027-01-10`, `${sum}/2027-01-11`]),
    );
    expect(documents.filter(({ _id }) => _id.startsWith(acme))).toEqual([
      {
        _id: acme,
        lastUsedAt: new Date('2027-01-11T00:00:00Z'),
        lastUse: '2027-01-11T00:00:00.000Z ',
      },
      { _id: `${acme}:2027-01-10`, day: new Date('2027-01-10T00:00:00Z'), hours: { 9: 3, 23: 4 } },
      { _id: `${acme}:2027-01-11`, day: new Date('2027-01-11T00:00:00Z'), hours: { 0: 5 } },
    ]);
  });

  it('get one index on day, and one on owner, when several instances prepare the collection at once', async () => {
    await store.connection.dropDatabase();
    const instances = Array.from({ length: 5 }, () => mongoUsageRepositoryOn(store.connection));
    await Promise.all(instances.map((instance) => instance.prepare()));
    const indexes = await store.documents.indexes();
    expect(indexes.map(({ key }) => key)).toEqual([{ _id: 1 }, { day: 1 }, { ownerId: 1, _id: 1 }]);
  });

  it('can be written and read by a former version at the same time', async () => {
    const acme = newKeyId(new Date());
    const day = new Date('2027-01-10T00:00:00Z');
    const former = async (hour: number, count: number): Promise<void> => {
      const filter = { _id: `${acme}:2027-01-10`, day };
      await store.documents.updateOne(
        filter,
        { $inc: { [`hours.${hour}`]: count } as never },
        { upsert: true },
      );
    };
    await former(9, 2);
    const bob = { ...uses(acme, '10T09:00:00', 3), orgId: 'acme', lastAddress: '203.0.113.7' };
    const refused = { outcome: 'REVOKED' as const, count: 5, cost: 9 };
    await store.repository.add([{ ...bob, outcomes: [...bob.outcomes, refused] }]);
    await former(10, 4);
    const span = { from: day, to: new Date('2027-01-11T00:00:00Z') };
    const usage = await store.repository.usageOf(acme, span);
    expect(usage.lastAddress).toBe('203.0.113.7');
    expect(usage.hours).toEqual([
      {
        hour: new Date('2027-01-10T09:00:00Z'),
        count: 5,
        outcomes: [{ outcome: 'VALID', count: 5, cost: 5 }, refused],
      },
      {
        hour: new Date('2027-01-10T10:00:00Z'),
        count: 4,
        outcomes: [{ outcome: 'VALID', count: 4, cost: 4 }],
      },
    ]);
    // The former version reads accepted requests in `hours`, and moves only the time.
    expect(await store.documents.findOne({ _id: `${acme}:2027-01-10` })).toMatchObject({
      hours: { 9: 5, 10: 4 },
    });
    await store.documents.updateOne(
      { _id: acme },
      { $max: { lastUsedAt: new Date('2027-01-10T11:00:00Z') } },
    );
    expect(await store.repository.usageOf(acme, span)).not.toHaveProperty('lastAddress');
  });

  it('have no field with the name of an organisation or owner, whatever that name is [T123]', async () => {
    const names = ['$where', 'a.b', '__proto__', 'hours', '../x', 'é/\u0000', '\uD800', '-', '~', '~~', "'"];
    await store.repository.add(
      names.map((name) => ({ ...uses(newKeyId(new Date()), '10T09:00:00'), orgId: name, ownerId: name })),
    );
    const span = { from: new Date('2027-01-10T00:00:00Z'), to: new Date('2027-01-11T00:00:00Z') };
    const known = new Set<string | null>(names.map((name) => Buffer.from(name).toString()));
    for (const by of ['org', 'owner'] as const) {
      const seen: (string | null)[] = [];
      for (let after: string | undefined, page = 0; page === 0 || after !== undefined; page += 1) {
        const { groups, next } = await store.repository.groups({ by, span, after, limit: 2 });
        seen.push(...groups.map(({ name }) => name));
        after = next;
      }
      expect([seen.length, new Set(seen)]).toEqual([names.length, known]);
    }
    const fields = (await store.documents.find().toArray()).flatMap((document) => Object.keys(document));
    expect([...new Set(fields)].toSorted()).toEqual([
      '_id',
      'day',
      'hours',
      'lastUse',
      'lastUsedAt',
      'ownerId',
    ]);
  });

  it('are marked durable, so that production accepts them', () => {
    expect(store.repository.durability).toBe('durable');
  });
});
