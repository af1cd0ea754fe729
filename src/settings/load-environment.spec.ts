import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Environment } from './environment';
import { loadEnvironment } from './load-environment';

const NAMES = Object.keys(new Environment());

/** Returns the settings of a process with these variables, in a folder with this `.env`. */
function settingsIn(variables: Readonly<Record<string, string>>, file = ''): object {
  const [before, directory] = [{ ...process.env }, process.cwd()];
  const folder = mkdtempSync(join(tmpdir(), 'keyward-settings-'));
  writeFileSync(join(folder, '.env'), file);
  for (const name of NAMES) delete process.env[name];
  Object.assign(process.env, variables);
  process.chdir(folder);
  try {
    return { ...loadEnvironment(), ofProcess: process.env['NODE_ENV'] };
  } finally {
    process.chdir(directory);
    rmSync(folder, { recursive: true });
    for (const name of NAMES) delete process.env[name];
    Object.assign(process.env, before);
  }
}

describe('an empty setting', () => {
  it.each(NAMES.filter((name) => name !== 'NODE_ENV'))('counts as unset: %s', (name) => {
    expect(settingsIn({ [name]: '' })).toEqual({ ...new Environment() });
  });

  it('stays empty if it is NODE_ENV, even if .env has a value', () => {
    const settings = { ...new Environment(), NODE_ENV: '', ofProcess: '' };
    expect(settingsIn({ NODE_ENV: '' })).toEqual(settings);
    expect(settingsIn({ NODE_ENV: '' }, 'NODE_ENV=test')).toEqual(settings);
  });
});

it('a setting of the process reaches the service', () => {
  const set = {
    NODE_ENV: 'staging',
    PORT: '8080',
    TRUST_PROXY: '::1, 10.0.0.0/8',
    USER_UNBOUND_KEYS: 'true',
  };
  expect(settingsIn(set)).toEqual({
    ...new Environment(),
    NODE_ENV: 'staging',
    PORT: 8080,
    TRUST_PROXY: ['::1', '10.0.0.0/8'],
    USER_UNBOUND_KEYS: true,
    ofProcess: 'staging',
  });
});

describe('a setting of .env', () => {
  it('is used if the process does not set it', () => {
    const settings = { ...new Environment(), NODE_ENV: 'test', PORT: 8080, HOST: '::1', ofProcess: 'test' };
    expect(settingsIn({ PORT: '8080' }, 'NODE_ENV=test\nPORT=9090\nHOST="::1"')).toEqual(settings);
  });

  it.each([
    [{ API_KEY_PREFIX: 'acme' }, 'API_KEY_PREFIXES=kw'],
    [{ API_KEY_PREFIXES: 'acme' }, 'API_KEY_PREFIX=kw'],
  ])('is overridden by %j in the process, even if the name in .env is the other one', (variables, file) => {
    expect(settingsIn(variables as Record<string, string>, file)).toMatchObject({
      API_KEY_PREFIXES: ['acme'],
    });
  });
});
