export type { MongoServer, MongoServerKind, MongoServerOptions } from './mongo-server';
export { startMongoServer } from './start-mongo-server';
