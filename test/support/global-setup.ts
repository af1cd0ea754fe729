import { acquireSharedMongoServer } from './shared-mongo-server';

export default async function globalSetup(): Promise<void> {
  const { kind } = await acquireSharedMongoServer();
  process.stderr.write(`MongoDB server of the tests: ${kind}\n`);
}
