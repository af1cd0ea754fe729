import { randomBytes } from 'node:crypto';
import { SERVER_URI_VARIABLE } from './shared-mongo-server';
import { withDatabase } from './mongo-server/uri';

/** Returns the connection string of a new database on the shared server. Its name contains `name`. */
export function testDatabaseUri(name = ''): string {
  const server = process.env[SERVER_URI_VARIABLE];
  if (server === undefined || server === '') {
    throw new Error(
      `${SERVER_URI_VARIABLE} is not set: does this jest project have test/support/global-setup.ts?`,
    );
  }
  const label = name.replaceAll(/\W+/g, '_').slice(0, 30);
  const words = ['keyward_test', label, randomBytes(6).toString('hex')];
  return withDatabase(server, words.filter((word) => word !== '').join('_'));
}
