import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { type Environment, readEnvironment } from './environment';

/** The variables of a process, by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Returns the variables of the process and of `.env` in the working directory. The variables of the process take
 * precedence. Also sets `NODE_ENV` of the process from the file, because `StorageConfig` and libraries read it from the
 * process.
 */
export function readVariables(): Variables {
  const file = existsSync('.env') ? parse(readFileSync('.env')) : {};
  if (file['NODE_ENV'] !== undefined) process.env['NODE_ENV'] ??= file['NODE_ENV'];
  // One setting with two names: under either name, the process takes precedence.
  const names = ['API_KEY_PREFIX', 'API_KEY_PREFIXES'];
  if (names.some((name) => process.env[name] !== undefined)) for (const name of names) delete file[name];
  return { ...file, ...process.env };
}

/**
 * Reads the settings of this process.
 *
 * @throws ConfigurationError with one line that names each invalid variable, its fault and the remedy
 */
export function loadEnvironment(): Environment {
  return readEnvironment(readVariables());
}
