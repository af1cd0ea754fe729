import type { Connection } from 'mongoose';
import { ConfigurationError } from '../../config/configuration.error';

/** @throws ConfigurationError if MongoDB is chosen and there is no connection to it */
export function requiredConnection(connection: Connection | null | undefined): Connection {
  if (connection) return connection;
  throw new ConfigurationError(
    'storage "mongo" needs a Mongoose connection and there is none: import MongooseModule.forRoot(…).',
  );
}
