import { Logger } from '@nestjs/common';
import { describeChangeFeed } from './change-feed.contract';
import { MONGO_FEEDS, openLocalFeed, openMongoFeed } from './opened-feed';

beforeAll(() => {
  Logger.overrideLogger(false);
});

describe('the change feed of a store in this process', () => {
  describeChangeFeed('local', openLocalFeed);
});

describe.each(MONGO_FEEDS)('the change feed of MongoDB by %s', (kind) => {
  describeChangeFeed(kind, async () => openMongoFeed(kind));
});
