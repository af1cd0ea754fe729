// Runs mutation testing for each folder against its own unit specs, and then compares the survivors with the list.
// `npm run test:mutation -- [folder] [options of "stryker run"]`
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { compareSurvivors, FOLDERS } from './mutation-survivors.mjs';

const [first, ...rest] = process.argv.slice(2);
const isFolder = FOLDERS.includes(first);
const folders = isFolder ? [first] : FOLDERS;
const options = isFolder || first === undefined ? rest : [first, ...rest];
const stryker = join(import.meta.dirname, '../node_modules/@stryker-mutator/core/bin/stryker.js');

const failed = folders.filter((folder) => {
  const { status } = spawnSync(process.execPath, [stryker, 'run', ...options], {
    stdio: 'inherit',
    env: { ...process.env, MUTATED_FOLDER: folder },
  });
  return status !== 0;
});
const isListed = compareSurvivors(folders);
if (failed.length > 0)
  process.stdout.write(`Score below the threshold, or run failed: ${failed.join(', ')}\n`);
process.exit(isListed && failed.length === 0 ? 0 : 1);
