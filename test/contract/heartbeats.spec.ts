import { Logger } from '@nestjs/common';
import { Announcements, provenPast, until } from './change-feed.contract';
import { MONGO_FEEDS, openMongoFeed, type OpenedMongoFeed } from './opened-feed';
import { eventually } from '../support/patience';

const MINUTE_MS = 60_000;
const HEARTBEATS = { _id: { $regex: '^#hb:' } };

let opened: OpenedMongoFeed;
let heard: Announcements;

beforeAll(() => {
  Logger.overrideLogger(false);
});

afterEach(async () => {
  await opened.close();
});

async function open(kind: (typeof MONGO_FEEDS)[number]): Promise<void> {
  opened = await openMongoFeed(kind);
  heard = new Announcements();
}

async function listen(): Promise<void> {
  opened.feed.subscribe(heard);
  await provenPast(opened.feed);
}

async function heartbeats(): Promise<readonly string[]> {
  return (await opened.documents.find(HEARTBEATS).toArray()).map(({ _id }) => _id);
}

describe.each(MONGO_FEEDS)('the heartbeats of a change feed by %s', (kind) => {
  it('are stored in one document, which the feed removes at its end', async () => {
    await open(kind);
    await listen();
    await provenPast(opened.feed);
    expect(await heartbeats()).toHaveLength(1);
    await opened.feed.stop();
    expect(await heartbeats()).toEqual([]);
  });

  it('of dead instances are removed, while those of live instances and all records stay', async () => {
    await open(kind);
    const old = new Date(Date.now() - 11 * MINUTE_MS);
    const recent = new Date(Date.now() - 9 * MINUTE_MS);
    await opened.documents.insertMany([
      { _id: '#hb:gone', beat: 'gone:9', changedAt: old },
      { _id: '#hb:living', beat: 'living:9', changedAt: recent },
      { _id: '01acme', version: 1, changedAt: old },
    ]);
    await listen();
    const left = await eventually(heartbeats, (ids) => !ids.includes('#hb:gone'));
    expect(left).toHaveLength(2);
    expect(left).toEqual(expect.arrayContaining(['#hb:living', expect.stringMatching(/^#hb:.{12}$/)]));
    expect(await opened.documents.countDocuments({ _id: '01acme' })).toBe(1);
  });

  it('of other instances are not announced as changes of records', async () => {
    await open(kind);
    await listen();
    const since = performance.now();
    for (const beat of ['another:1', 'another:2']) {
      await opened.documents.updateOne(
        { _id: '#hb:another' },
        { $set: { beat }, $currentDate: { changedAt: true } },
        { upsert: true },
      );
    }
    await provenPast(opened.feed);
    expect(heard.covers('#hb:another', since)).toBe(false);
  });
});

describe('a change feed by polling', () => {
  it('announces a change that becomes visible up to 25 s after its timestamp', async () => {
    await open('polling');
    await listen();
    for (const secondsAgo of [1, 10, 25]) {
      const since = performance.now();
      const id = `late by ${secondsAgo}`;
      const changedAt = new Date(Date.now() - secondsAgo * 1000);
      await opened.documents.insertOne({ _id: id, version: 1, changedAt });
      await provenPast(opened.feed);
      expect(heard.covers(id, since)).toBe(true);
    }
  });

  it('announces a change once, although every poll finds it again', async () => {
    await open('polling');
    await listen();
    await opened.change('acme');
    await provenPast(opened.feed);
    const at = heard.at.get('acme');
    for (let round = 0; round < 3; round += 1) await provenPast(opened.feed);
    expect(heard.at.get('acme')).toBe(at);
  });

  it('reports that everything may have changed when the server’s clock is set back too far', async () => {
    await open('polling');
    await listen();
    // As if it had been ten minutes later until now: the last poll has seen its own heartbeat at that time.
    const ahead = new Date(Date.now() + 10 * MINUTE_MS);
    const [own] = await heartbeats();
    const collection = Reflect.get(opened.feed, 'collection') as typeof opened.documents;
    const beat = jest.spyOn(collection, 'updateOne').mockImplementationOnce(async (filter, update) => {
      const { $set } = update as { $set: { beat: string } };
      return opened.documents.updateOne(filter, { $set: { ...$set, changedAt: ahead } });
    });
    await until('a heartbeat of the future was sent', () => beat.mock.calls.length > 1);
    beat.mockRestore();
    const since = performance.now();
    await opened.change('acme');
    await provenPast(opened.feed);
    expect(heard.covers('acme', since)).toBe(true);
    expect(heard.everythingAt).toBeGreaterThan(-Infinity);
    expect(own).toBeDefined();
    const later = performance.now();
    await opened.change('globex');
    await until('changes are announced as before', () => (heard.at.get('globex') ?? 0) > later);
  });
});
