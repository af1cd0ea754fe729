import { Logger } from '@nestjs/common';
import { getConnectionToken } from '@nestjs/mongoose';
import { Test, type TestingModule } from '@nestjs/testing';
import { ConfigurationError } from '../problems/configuration.error';
import { type Environment, mongoOf } from '../settings/environment';
import { MongoConnectionModule } from './mongo-connection.module';

type MongoSettings = Pick<Environment, 'STORAGE' | 'MONGODB_URI' | 'MONGODB_CONNECT_TIMEOUT_MS'>;

const moduleWith = async (settings: Partial<MongoSettings>): Promise<TestingModule> =>
  Test.createTestingModule({
    imports: [
      MongoConnectionModule.forRoot(
        mongoOf({
          STORAGE: undefined,
          MONGODB_URI: undefined,
          MONGODB_CONNECT_TIMEOUT_MS: 300,
          ...settings,
        }),
      ),
    ],
  }).compile();

describe('the connection to MongoDB', () => {
  afterEach(() => jest.restoreAllMocks());

  it.each<Partial<MongoSettings>>([
    {},
    { STORAGE: 'memory' },
    { STORAGE: 'memory', MONGODB_URI: 'mongodb://127.0.0.1:1' },
  ])('is not opened if the service does not use MongoDB: %j', async (settings) => {
    const app = await moduleWith(settings);
    expect(app.get(getConnectionToken())).toBeNull();
    await app.close();
  });

  it.each([
    'mongodb://root:hunter2@',
    'mongodb://root:hunter2@db/?nonsense=1',
    'mongodb://root:hunter2@db:port',
    'mongodb://root:hunter2@db/?compressors=none,hunter2',
  ])(
    'fails without a retry if the connection string is malformed, and the error does not quote it: %s',
    async (uri) => {
      const waited = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      const refused: unknown = await moduleWith({ MONGODB_URI: uri }).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(ConfigurationError);
      expect(String(refused)).toContain('MONGODB_URI');
      expect(String(refused)).not.toContain('hunter2');
      expect(waited).not.toHaveBeenCalledWith(expect.stringContaining('not reachable yet'));
    },
  );
});
