import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { timed } from '../support/lateness';
import { type MongoServer, startMongoServer } from '../support/mongo-server';
import { withDatabase } from '../support/mongo-server/uri';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';
import { Announcements, type FeedOutage, provenPast, until } from '../contract/change-feed.contract';
import { BOUND_MS, MONGO_FEEDS, openMongoFeed, type OpenedMongoFeed } from '../contract/opened-feed';

let server: MongoServer;
let proxy: TcpProxy;
let opened: OpenedMongoFeed;
let heard: Announcements;

beforeAll(async () => {
  Logger.overrideLogger(false);
  server = await startMongoServer({ own: true });
});

afterAll(async () => server.stop());

const OUTAGES: readonly FeedOutage[] = [
  {
    outage: 'its connection is cut',
    begin: () => proxy.cut(),
    end: async () => proxy.restore(),
    isOfAll: false,
  },
  {
    outage: 'its connection delivers nothing',
    begin: () => proxy.hang(),
    end: async () => proxy.restore(),
    isOfAll: false,
  },
  {
    outage: 'the server is suspended',
    begin: () => server.suspend(),
    end: () => server.resume(),
    isOfAll: true,
  },
];

describe.each(MONGO_FEEDS)('the change feed of MongoDB by %s', (kind) => {
  beforeEach(async () => {
    const { hostname, port } = new URL(server.uri);
    proxy = await startTcpProxy({ host: hostname, port: Number(port) });
    const uri = withDatabase(server.uri, `feed_${randomUUID()}`);
    const through = new URL(uri);
    through.port = String(proxy.port);
    opened = await openMongoFeed(kind, uri, through.href);
    heard = new Announcements();
    opened.feed.subscribe(heard);
    await provenPast(opened.feed);
  });

  afterEach(async () => {
    server.resume();
    await proxy.restore();
    await opened.close();
    await proxy.close();
  });

  it.each(OUTAGES)(
    'does not advance the proven time while $outage, then recovers without losing a change',
    async ({ begin, end, isOfAll }) => {
      const { feed } = opened;
      for (let round = 0; round < 1; round += 1) {
        begin();
        const begunAt = performance.now();
        if (!isOfAll) for (const id of ['acme', 'globex']) await opened.change(id);
        const changedAt = performance.now();
        await pause(1.5 * BOUND_MS);
        // Data that was on its way at the start may still arrive, and proves nothing later than that.
        expect(feed.provenAt).toBeLessThanOrEqual(begunAt);
        await end();
        if (isOfAll) for (const id of ['acme', 'globex']) await opened.change(id);
        await provenPast(feed, isOfAll ? performance.now() : changedAt);
        for (const id of ['acme', 'globex']) expect(heard.covers(id, begunAt)).toBe(true);

        const since = performance.now();
        await opened.change('acme');
        await until('a change is announced again', () => heard.covers('acme', since));
        await provenPast(feed);
      }
    },
  );

  it('recovers when its connection dies silently', async () => {
    const { feed } = opened;
    proxy.abandon();
    await pause(50);
    const begunAt = performance.now();
    await opened.change('globex');
    await provenPast(feed);
    expect(heard.covers('globex', begunAt)).toBe(true);
    await provenPast(feed);
  });

  it('stops within 4 s when the server does not answer', async () => {
    proxy.hang();
    const { ms } = await timed(async () => opened.feed.stop());
    expect(ms).toBeLessThan(4000);
  });
});
