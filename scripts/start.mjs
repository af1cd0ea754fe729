// Runs the built service. `npm start` means development where neither the environment nor `.env` says otherwise;
// `npm run start:prod` always means production.
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'dotenv';

const environment = process.argv[2];
if (environment !== undefined) process.env.NODE_ENV = environment;
process.env.NODE_ENV ??= environmentOfFile() || 'development';

try {
  await import('../dist/main.js');
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !String(error.message).includes('dist/main.js')) throw error;
  process.stderr.write('keyward: there is no build; run "npm run build" first.\n');
  process.exit(1);
}

/** `NODE_ENV` of `.env`, by the parser that the service reads the file with: another might find no "production". */
function environmentOfFile() {
  if (!existsSync('.env')) return undefined;
  return parse(readFileSync('.env')).NODE_ENV;
}
