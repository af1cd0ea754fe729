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

  it('include one for each key, and one for each key and day', async () => {
    const acme = newKeyId(new Date());
    await store.repository.add([
      uses(acme, '10T09:00:00', 3),
      uses(acme, '10T23:00:05', 4),
      uses(acme, '11T00:00:00', 5),
    ]);
    await expect(store.documents.find().sort({ _id: 1 }).toArray()).resolves.toEqual([
      { _id: acme, lastUsedAt: new Date('2027-01-11T00:00:00Z') },
      { _id: `${acme}:2027-01-10`, day: new Date('2027-01-10T00:00:00Z'), hours: { 9: 3, 23: 4 } },
      { _id: `${acme}:2027-01-11`, day: new Date('2027-01-11T00:00:00Z'), hours: { 0: 5 } },
    ]);
  });

  it('get one index on day when several instances prepare the collection at once', async () => {
    await store.connection.dropDatabase();
    const instances = Array.from({ length: 5 }, () => mongoUsageRepositoryOn(store.connection));
    await Promise.all(instances.map((instance) => instance.prepare()));
    const indexes = await store.documents.indexes();
    expect(indexes.map(({ key }) => key)).toEqual([{ _id: 1 }, { day: 1 }]);
  });

  it('are marked durable, so that production accepts them', () => {
    expect(store.repository.durability).toBe('durable');
  });
});
