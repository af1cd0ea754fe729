import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { type Environment, readEnvironment } from './environment';

/** The variables of a process, by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Returns the variables of `.env` in the working directory and of the process. Those of the process take precedence. Sets `NODE_ENV` of the
 * process from the file, because `StorageConfig` and libraries read it there.
 */
export function readVariables(): Variables {
  const file = existsSync('.env') ? parse(readFileSync('.env')) : {};
  if (file['NODE_ENV'] !== undefined) process.env['NODE_ENV'] ??= file['NODE_ENV'];
  // One setting with two names: that of the process takes precedence under either.
  const names = ['API_KEY_PREFIX', 'API_KEY_PREFIXES'];
  if (names.some((name) => process.env[name] !== undefined)) for (const name of names) delete file[name];
  return { ...file, ...process.env };
}

/**
 * Reads the settings of this process.
 *
 * @throws ConfigurationError one line that names each wrong variable, its fault and the remedy
 */
export function loadEnvironment(): Environment {
  return readEnvironment(readVariables());
}
