// Compares the surviving mutants with those that docs/mutation-testing.md explains.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folders that Stryker mutates. */
export const FOLDERS = ['domain', 'access', 'verification'];

const ROOT = join(import.meta.dirname, '..');
const LIST = 'docs/mutation-testing.md';
const SOURCES = 'src/api-keys/';
const LONGEST = 72;
/** Matches a row of the list: the file, the mutant in a code span, the reason. */
const ROW = /^\| +`([\w/.-]+\.ts)` +\| +(`+) ?(.+?) ?\2 +\| +(\S.*?) +\|$/;

/**
 * Prints the figures, the survivors that are not listed, and the listed ones that no longer survive.
 *
 * @returns whether there are no differences
 */
export function compareSurvivors(folders = FOLDERS) {
  const listed = listedSurvivors();
  let isListed = true;
  for (const folder of folders) {
    const mutants = mutantsOf(folder);
    const survivors = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
    const expected = listed.filter(({ file }) => file.startsWith(`${folder}/`));
    const unlisted = without(survivors, expected);
    const gone = without(expected, survivors);
    tell(`${folder}: ${figures(mutants)}`);
    for (const { file, line, text } of unlisted)
      tell(`  not in ${LIST}: ${file}:${line}\n  ${rowOf(file, text)}`);
    for (const { file, text } of gone) tell(`  no longer survives: ${rowOf(file, text)}`);
    isListed &&= unlisted.length + gone.length === 0;
  }
  return isListed;
}

function figures(mutants) {
  const counted = mutants.filter(({ status }) =>
    ['Killed', 'Timeout', 'Survived', 'NoCoverage'].includes(status),
  );
  const killed = counted.filter(({ status }) => status === 'Killed' || status === 'Timeout');
  const score = ((100 * killed.length) / counted.length).toFixed(1);
  return `${killed.length} of ${counted.length} mutants killed, ${score} %`;
}

function mutantsOf(folder) {
  const report = join(ROOT, 'reports/mutation', `${folder}.json`);
  if (!existsSync(report)) throw new Error(`there is no report about ${folder}: run npm run test:mutation`);
  const { files } = JSON.parse(readFileSync(report, 'utf8'));
  return Object.entries(files).flatMap(([path, { source, mutants }]) =>
    mutants.map(({ location, replacement, status }) => ({
      file: path.replace(SOURCES, ''),
      line: location.start.line,
      text: `${shortened(cut(source, location))} → ${shortened(replacement)}`,
      status,
    })),
  );
}

/** Returns the code at a location of the report, whose lines and columns begin at 1. */
function cut(source, { start, end }) {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  lines.push(lines.pop().slice(0, end.column - 1));
  return [lines[0].slice(start.column - 1), ...lines.slice(1)].join('\n');
}

function shortened(code) {
  const line = code.replaceAll(/\s+/g, ' ').trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}

function listedSurvivors() {
  const list = readFileSync(join(ROOT, LIST), 'utf8');
  return list.split('\n').flatMap((line) => {
    const [, file, , text, reason] = ROW.exec(line) ?? [];
    return reason === undefined ? [] : [{ file, text: text.replaceAll('\\|', '|') }];
  });
}

/** Returns a row to copy into the list. Escapes `|`, which would end the table cell even inside a code span. */
function rowOf(file, text) {
  const fence = text.includes('`') ? '``' : '`';
  const space = fence === '``' ? ' ' : '';
  return `| \`${file}\` | ${fence}${space}${text.replaceAll('|', '\\|')}${space}${fence} | |`;
}

/** Returns the items of `ones` that are not in `others`. If an item occurs several times, each occurrence counts. */
function without(ones, others) {
  const left = others.map(keyOf);
  return ones.filter((one) => {
    const index = left.indexOf(keyOf(one));
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}

function keyOf({ file, text }) {
  return `${file} ${text}`;
}

function tell(line) {
  process.stdout.write(`${line}\n`);
}

if (process.argv[1] === import.meta.filename) process.exit(compareSurvivors() ? 0 : 1);
