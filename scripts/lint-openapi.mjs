// Lints the OpenAPI document of the built service with Redocly's recommended rules.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

process.env.NODE_ENV = 'development';
process.env.STORAGE = 'memory';
process.env.LOG_LEVEL = 'error';
const require = createRequire(import.meta.url);
const { createService } = require('../dist/bootstrap/create-service.js');
const { describeService } = require('../dist/bootstrap/swagger.js');

const app = await createService();
await app.init();
const folder = mkdtempSync(join(tmpdir(), 'keyward-openapi-'));
const file = join(folder, 'openapi.json');
writeFileSync(file, JSON.stringify(describeService(app), null, 2));
await app.close();

const redocly = join(import.meta.dirname, '../node_modules/@redocly/cli/bin/cli.js');
const { status } = spawnSync(process.execPath, [redocly, 'lint', file, '--extends=recommended'], {
  stdio: 'inherit',
  env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
});
rmSync(folder, { recursive: true });
process.exit(status ?? 1);
