import { ConfigService } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import { Environment, readEnvironment } from './environment';
import { settingsModule } from './settings.module';

const NAMES = Object.keys(new Environment());

/** What the service is told of every setting, where the environment of the process is this one. */
async function settingsIn(variables: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  const before = { ...process.env };
  for (const name of NAMES) delete process.env[name];
  Object.assign(process.env, variables);
  try {
    const app = await Test.createTestingModule({ imports: [settingsModule(readEnvironment)] }).compile();
    const config = app.get<ConfigService<Record<string, unknown>>>(ConfigService);
    return Object.fromEntries(NAMES.map((name) => [name, config.get<unknown>(name)]));
  } finally {
    for (const name of NAMES) delete process.env[name];
    Object.assign(process.env, before);
  }
}

describe('a setting that is set to nothing', () => {
  it.each(NAMES.filter((name) => name !== 'NODE_ENV'))('is as unset for the service: %s', async (name) => {
    expect(await settingsIn({ [name]: '' })).toEqual({ ...new Environment() });
  });

  it('stays nothing where it is NODE_ENV, which then permits nothing', async () => {
    expect(await settingsIn({ NODE_ENV: '' })).toEqual({ ...new Environment(), NODE_ENV: '' });
  });
});

it('a setting that is set is what the service is told', async () => {
  const set = {
    NODE_ENV: 'staging',
    PORT: '8080',
    TRUST_PROXY: '::1, 10.0.0.0/8',
    USER_UNBOUND_KEYS: 'true',
  };
  expect(await settingsIn(set)).toEqual({
    ...new Environment(),
    NODE_ENV: 'staging',
    PORT: 8080,
    TRUST_PROXY: ['::1', '10.0.0.0/8'],
    USER_UNBOUND_KEYS: true,
  });
});
