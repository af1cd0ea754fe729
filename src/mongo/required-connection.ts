import type { Connection, mongo } from 'mongoose';
import { ConfigurationError } from '../problems/configuration.error';

const own = new WeakMap<mongo.MongoClient, Connection>();

/**
 * A Mongoose connection for Keyward alone, over the client of the host's. It belongs to a Mongoose instance of its own, so
 * the host's `mongoose.set(…)`, global plugins and plugins of its connection change none of our queries (decision record
 * 0063).
 *
 * @throws ConfigurationError if MongoDB is chosen and there is no open connection to it
 */
export function requiredConnection(connection: Connection | null | undefined): Connection {
  if (!connection) {
    throw new ConfigurationError(
      'storage "mongo" needs a Mongoose connection and there is none: import MongooseModule.forRoot(…).',
    );
  }
  // Undefined before the first connect, though the types do not say so.
  const client = connection.getClient() as mongo.MongoClient | undefined;
  if (client === undefined) {
    throw new ConfigurationError(
      'storage "mongo" needs an open Mongoose connection and this one is not: connect before the application starts, without lazyConnection.',
    );
  }
  const known = own.get(client) ?? new connection.base.Mongoose().createConnection().setClient(client);
  own.set(client, known);
  return known.name === connection.name ? known : known.useDb(connection.name, { useCache: true });
}
