export type { MongoServer } from './mongo-server';
export { startMongoServer } from './start-mongo-server';
