// Draws how the rooms of src import each other, as dependency-cruiser sees it, into docs/architecture.md.
// `npm run docs:graph` writes the picture; with --check it only fails if the picture is not the present one.
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

/** Without the arrows that follow from others. With all of them there would be too many to follow. */
function nearest(imports) {
  const below = new Map();
  return rooms.map((room) => {
    const direct = [...imports.get(room)];
    const further = new Set(direct.flatMap((to) => [...below.get(to)]));
    below.set(room, new Set([...further, ...direct]));
    return { room, next: rooms.filter((to) => direct.includes(to) && !further.has(to)) };
  });
}

/** A name that Mermaid reads as one word. */
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
  return ['| room | what it holds |', '| --- | --- |', ...rows].join('\n');
}

const page = readFileSync(PAGE, 'utf8');
if (!BLOCK.test(page)) throw new Error('docs/architecture.md has lost the comments around its picture');
const made = await format(
  page.replace(BLOCK, () => `\n${picture(importsOfRooms())}\n\n${table()}\n\n`),
  {
    parser: 'markdown',
  },
);
if (!process.argv.includes('--check')) writeFileSync(PAGE, made);
else if (made !== page) {
  process.stderr.write('docs/architecture.md shows other imports than src: run npm run docs:graph\n');
  process.exitCode = 1;
}
