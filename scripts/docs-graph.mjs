// Writes the imports between the folders of src, which dependency-cruiser finds, to docs/architecture.md as a picture.
// With --check it writes nothing, and fails if the picture is out of date.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { ROOMS } from './rooms.cjs';

const ROOT = join(import.meta.dirname, '..');
const PAGE = join(ROOT, 'docs/architecture.md');
const BLOCK = /(?<=<!-- made by npm run docs:graph -->\n).*(?=<!-- end -->)/s;
const rooms = Object.keys(ROOMS);

const roomOf = (file) => rooms.find((room) => file === `src/${room}` || file.startsWith(`src/${room}/`));

function importsOfRooms() {
  const cruiser = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const scope = ['--include-only', '^src/', '--exclude', String.raw`\.spec\.ts$`];
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [cruiser, 'src', '--config', '.dependency-cruiser.js', '--output-type', 'json', ...scope],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  if (status !== 0) throw new Error(`dependency-cruiser failed: ${stderr}`);
  const imports = new Map(rooms.map((room) => [room, new Set()]));
  for (const { source, dependencies } of JSON.parse(stdout).modules) {
    const from = roomOf(source);
    for (const to of dependencies.map(({ resolved }) => roomOf(resolved))) {
      if (from !== undefined && to !== undefined && from !== to) imports.get(from).add(to);
    }
  }
  return imports;
}

/** Returns the imports without transitive ones, because a graph of all imports would be unreadable. */
function nearest(imports) {
  const below = new Map();
  return rooms.map((room) => {
    const direct = [...imports.get(room)];
    const further = new Set(direct.flatMap((to) => [...below.get(to)]));
    below.set(room, new Set([...further, ...direct]));
    return { room, next: rooms.filter((to) => direct.includes(to) && !further.has(to)) };
  });
}

/** Returns a name that Mermaid accepts as an id. */
function idOf(room) {
  return room.replace(/\W/g, '_');
}

function picture(imports) {
  const nodes = rooms.map((room) => `  ${idOf(room)}["${room}"]`);
  const arrows = nearest(imports).flatMap(({ room, next }) =>
    next.map((to) => `  ${idOf(room)} --> ${idOf(to)}`),
  );
  return ['```mermaid', 'flowchart TD', ...nodes.toReversed(), ...arrows, '```'].join('\n');
}

function table() {
  const rows = rooms.map((room) => `| \`${room}\` | ${ROOMS[room]} |`);
  return ['| folder | content |', '| --- | --- |', ...rows].join('\n');
}

const page = readFileSync(PAGE, 'utf8');
if (!BLOCK.test(page))
  throw new Error('docs/architecture.md no longer has the comments around its picture: restore them');
const made = await format(
  page.replace(BLOCK, () => `\n${picture(importsOfRooms())}\n\n${table()}\n\n`),
  {
    parser: 'markdown',
  },
);
if (!process.argv.includes('--check')) writeFileSync(PAGE, made);
else if (made !== page) {
  process.stderr.write('the picture in docs/architecture.md is out of date: run npm run docs:graph\n');
  process.exitCode = 1;
}
