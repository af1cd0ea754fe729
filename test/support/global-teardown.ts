import { releaseSharedMongoServer } from './shared-mongo-server';

export default async function globalTeardown(): Promise<void> {
  await releaseSharedMongoServer();
}
