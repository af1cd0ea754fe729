// Runs the built service. `npm start` uses NODE_ENV=development if neither the environment nor `.env` sets it.
// `npm run start:prod` always uses production.
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'dotenv';

const environment = process.argv[2];
if (environment !== undefined) process.env.NODE_ENV = environment;
process.env.NODE_ENV ??= environmentOfFile() || 'development';

try {
  await import('../dist/main.js');
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !String(error.message).includes('dist/main.js')) throw error;
  process.stderr.write('keyward: dist/main.js does not exist: run "npm run build" first.\n');
  process.exit(1);
}

/**
 * Returns `NODE_ENV` of `.env`. Uses the same parser as the service, because another one might read a different value.
 */
function environmentOfFile() {
  if (!existsSync('.env')) return undefined;
  return parse(readFileSync('.env')).NODE_ENV;
}
