import { mongo } from 'mongoose';
import { LocalChangeFeed } from '../../src/change-feed/change-feed';
import { MongoChangeFeed } from '../../src/change-feed/mongo-change-feed';
import { MongoDeployment } from '../../src/change-feed/mongo-deployment';
import type { WatchedDocument } from '../../src/change-feed/mongo-heartbeat';
import { testDatabaseUri } from '../support/test-database';
import type { OpenedFeed } from './change-feed.contract';

/** The revocation bound of the feeds in these suites. A feed sends a heartbeat and polls every quarter of it. */
export const BOUND_MS = 400;

export const MONGO_FEEDS = ['streams', 'polling'] as const;

export interface OpenedMongoFeed extends OpenedFeed {
  readonly feed: MongoChangeFeed;
  /** The records through another connection, to change them as another writer does. */
  readonly documents: mongo.Collection<WatchedDocument>;
}

export async function openLocalFeed(): Promise<OpenedFeed> {
  const feed = new LocalChangeFeed();
  return { feed, change: async (id) => feed.announce(id), close: async () => {} };
}

/**
 * Opens a feed over an empty collection.
 *
 * @param feedUri connection string of the feed itself, for example through a proxy
 */
export async function openMongoFeed(
  changeFeed: (typeof MONGO_FEEDS)[number] | 'auto',
  uri = testDatabaseUri('feed'),
  feedUri = uri,
): Promise<OpenedMongoFeed> {
  const [own, others] = [feedUri, uri].map(
    (each) => new mongo.MongoClient(each, { serverSelectionTimeoutMS: 2000 }),
  ) as [mongo.MongoClient, mongo.MongoClient];
  const documents = others.db().collection<WatchedDocument>('records');
  await documents.createIndex({ changedAt: 1 });
  await own.connect();
  const feed = new MongoChangeFeed(
    own.db().collection<WatchedDocument>('records'),
    { revocationBoundMs: BOUND_MS, changeFeed },
    new MongoDeployment(own, own.db().databaseName),
  );
  return {
    feed,
    documents,
    change: async (id) => {
      await documents.updateOne(
        { _id: id },
        { $inc: { version: 1 }, $currentDate: { changedAt: true } },
        { upsert: true, writeConcern: { w: 'majority', j: true } },
      );
    },
    close: async () => {
      await feed.stop();
      await others.db().dropDatabase();
      await own.close();
      await others.close();
    },
  };
}
