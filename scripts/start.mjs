// Runs the built service. `npm start` means development where nothing else is said; `npm run start:prod` always
// means production.
const environment = process.argv[2];
if (environment !== undefined) process.env.NODE_ENV = environment;
process.env.NODE_ENV ??= 'development';

try {
  await import('../dist/main.js');
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !String(error.message).includes('dist/main.js')) throw error;
  process.stderr.write('keyward: there is no build; run "npm run build" first.\n');
  process.exit(1);
}
