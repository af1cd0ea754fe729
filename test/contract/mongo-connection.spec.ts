import { connectToMongo } from '../../src/mongo/mongo-connection.module';
import { testDatabaseUri } from '../support/test-database';

describe('the connection that the service opens', () => {
  it.each([0, 300, 30_000])(
    'waits 2 s for a primary during an election, even if the start waits %i ms',
    async (timeoutMs) => {
      const connection = await connectToMongo(testDatabaseUri('connection'), timeoutMs);
      expect(connection.getClient().options.serverSelectionTimeoutMS).toBe(2000);
      await expect(connection.db?.command({ ping: 1 })).resolves.toMatchObject({ ok: 1 });
      await connection.close();
    },
  );
});
