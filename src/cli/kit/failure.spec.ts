import { CommanderError } from 'commander';
import { KeyNotFoundError, RevokedKeyError } from '../../api-keys/management/api-keys.errors';
import { StorageUnavailableError } from '../../problems/storage.errors';
import { ConfigurationError, UnreachableError } from '../../problems/configuration.error';
import { CliError, UsageError } from './cli.errors';
import { failureOf } from './failure';

describe('a failed command', () => {
  it.each([
    ['a key that does not exist', new KeyNotFoundError(), 3, 'not_found'],
    ['a key that cannot be changed', new RevokedKeyError(), 1, 'revoked_key_unchangeable'],
    ['an unreachable store', new StorageUnavailableError(new Error('x')), 4, 'storage_unavailable'],
    ['an unreachable database at startup', new UnreachableError('x'), 4, 'storage_unavailable'],
    ['an invalid environment', new ConfigurationError('x'), 5, 'configuration_refused'],
    ['wrong usage', new UsageError('x'), 2, 'usage'],
    ['an unknown option', new CommanderError(1, 'commander.unknownOption', 'error: x'), 2, 'usage'],
    ['a missing confirmation', new CliError('not_confirmed', 'x'), 1, 'not_confirmed'],
    ['an unexpected error', new TypeError('x'), 1, 'internal_error'],
  ])('caused by %s has the documented exit code and error code', (_name, error, exitCode, code) => {
    expect(failureOf(error)).toMatchObject({ exitCode, code });
  });

  it('does not repeat the value of an unknown option', () => {
    const error = new CommanderError(
      1,
      'commander.unknownOption',
      "error: unknown option '--token=s=3\ncret'",
    );
    expect(failureOf(error).message).toBe("unknown option '--token'");
  });

  it('adds no message after Commander has printed help or the version', () => {
    expect(failureOf(new CommanderError(0, 'commander.helpDisplayed', '(outputHelp)'))).toMatchObject({
      exitCode: 0,
      message: '',
    });
    expect(failureOf(new CommanderError(1, 'commander.help', '(outputHelp)'))).toMatchObject({
      exitCode: 2,
      message: '',
    });
    expect(failureOf(new CommanderError(0, 'commander.version', '0.1.0'))).toMatchObject({
      exitCode: 0,
      message: '',
    });
  });

  it('says once what is wrong and what to do', () => {
    expect(failureOf(new KeyNotFoundError()).message).toBe('There is no key with this id.');
    expect(failureOf(new RevokedKeyError()).message).toBe(
      'A revoked key cannot be changed. Create a new key instead.',
    );
  });
});
