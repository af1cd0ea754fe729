import { Logger } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { getConnectionToken } from '@nestjs/mongoose';
import { Test, type TestingModule } from '@nestjs/testing';
import { ConfigurationError } from '../config/configuration.error';
import { MongoConnectionModule } from './mongo-connection.module';

class Settings {}

const moduleWith = async (settings: Readonly<Record<string, unknown>>): Promise<TestingModule> =>
  Test.createTestingModule({
    imports: [
      {
        module: Settings,
        global: true,
        providers: [{ provide: ConfigService, useValue: { get: (name: string) => settings[name] } }],
        exports: [ConfigService],
      },
      MongoConnectionModule,
    ],
  }).compile();

describe('the connection to MongoDB', () => {
  afterEach(() => jest.restoreAllMocks());

  it.each([{}, { STORAGE: 'memory' }, { STORAGE: 'memory', MONGODB_URI: 'mongodb://127.0.0.1:1' }])(
    'is not opened where nothing is kept there: %j',
    async (settings) => {
      const app = await moduleWith(settings);
      expect(app.get(getConnectionToken())).toBeNull();
      await app.close();
    },
  );

  it.each([
    'mongodb://root:hunter2@',
    'mongodb://root:hunter2@db/?nonsense=1',
    'mongodb://root:hunter2@db:port',
    'mongodb://root:hunter2@db/?compressors=none,hunter2',
  ])('is refused at once where the connection string is malformed, without repeating it: %s', async (uri) => {
    const waited = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const refused: unknown = await moduleWith({ MONGODB_URI: uri, MONGODB_CONNECT_TIMEOUT_MS: 300 }).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(ConfigurationError);
    expect(String(refused)).toContain('MONGODB_URI');
    expect(String(refused)).not.toContain('hunter2');
    expect(waited).not.toHaveBeenCalledWith(expect.stringContaining('not reachable yet'));
  });
});
