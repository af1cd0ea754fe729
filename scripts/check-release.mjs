// `npm run release:check` lists what a release lacks: facts that only the owner knows, and versions that differ.
// With a tag such as v0.2.0 the version must be that of the tag. With --notes it prints the changelog of the version.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { notes: { type: 'boolean', default: false }, root: { type: 'string' } },
});
const root = values.root ?? join(import.meta.dirname, '..');
const read = (file) => readFileSync(join(root, file), 'utf8');
const { version, homepage, repository, bugs, author } = JSON.parse(read('package.json'));
const [tag] = positionals;
const { GITHUB_REPOSITORY: origin = '' } = process.env;

const sections = read('CHANGELOG.md').split(/^(?=##? \[?\d)/m);
const section = sections.find((text) => /^##? \[?([\w.-]+)/.exec(text)?.[1] === version) ?? '';

const faults = [
  [
    ['homepage', homepage],
    ['repository.url', repository.url],
    ['bugs.url', bugs.url],
    ['bugs.email', bugs.email],
    ['author', author],
  ]
    .filter(([, value]) => !value || /\bOWNER\b|@example\./.test(value))
    .map(([name]) => `package.json: set ${name}, which only the owner knows.`),
  origin !== '' && !repository.url.includes(`/${origin}.git`)
    ? [`package.json: repository.url is not the repository ${origin}, so npm would reject its provenance.`]
    : [],
  JSON.parse(read('service/package.json')).version === version
    ? []
    : [`service/package.json: set version to ${version}, as in package.json.`],
  section === '' ? [`CHANGELOG.md: add a section for ${version}.`] : [],
  /\(not released\)/.test(section.split('\n')[0] ?? '')
    ? [`CHANGELOG.md: replace "(not released)" by the date of the release.`]
    : [],
  tag === undefined || tag === `v${version}`
    ? []
    : [`The tag ${tag} is not v${version}, the version in package.json.`],
].flat();

for (const fault of faults) process.stderr.write(`${fault}\n`);
if (faults.length > 0) process.exitCode = 1;
else if (values.notes) process.stdout.write(section.slice(section.indexOf('\n')).trim() + '\n');
else process.stdout.write(`Version ${version} can be released.\n`);
