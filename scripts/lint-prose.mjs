// `npm run lint:prose` fails if a text that people read contains a phrase of prose-rules.mjs: documents, comments, messages,
// test titles. With --long <words> it also lists the sentences of documents that have more words.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PHRASES } from './prose-rules.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { long: { type: 'string' } } });

const READ = /\.(?:md|[cm]?[jt]s|sh|ya?ml|html)$|^\.env\.example$|Dockerfile$/;
const NOT_OURS = /^(?:package-lock\.json|LICENSE|scripts\/prose-rules\.mjs|test\/conformance\/.*\/generated)/;

/** Between two words: spaces, or the end of a line and the mark of a comment. */
const GAP = String.raw`(?:\s|\n\s*(?:\*|//|#|>))+`;
const rules = PHRASES.map(([phrase, instead]) => ({
  pattern: new RegExp(String.raw`(?<![\w-])(?:${phrase.replaceAll(' ', GAP)})(?![\w-])`, 'gi'),
  instead,
}));

const tracked = execFileSync('git', ['ls-files', ...positionals], { encoding: 'utf8' })
  .trim()
  .split('\n');
let found = 0;

function report(file, text, index, message) {
  found += 1;
  process.stdout.write(
    `${file}:${text.slice(0, index).split('\n').length}: ${message.replace(/\s+/g, ' ')}\n`,
  );
}

function longSentences(file, text, words) {
  const prose = text
    .replace(/^```.*?^```/gms, (block) => block.replace(/[^\n]/g, ' '))
    .replace(/^\s*(?:\||#|<!--).*$/gm, (line) => ' '.repeat(line.length));
  for (const { 0: sentence, index } of prose.matchAll(
    /\S(?:[^.:!?\n]|[.:!?](?=\S)|\n(?!\s*\n|\s*[-*] |\s*\d+\. ))+/g,
  )) {
    const count = sentence.replace(/\]\([^)]*\)/g, ']').split(/\s+/).length;
    if (count > words) report(file, text, index, `${count} words: ${sentence}`);
  }
}

for (const file of tracked.filter((name) => READ.test(name) && !NOT_OURS.test(name))) {
  const text = readFileSync(file, 'utf8');
  for (const { pattern, instead } of rules) {
    for (const match of text.matchAll(pattern))
      report(file, text, match.index, `"${match[0]}": write ${instead}`);
  }
  if (values.long !== undefined && file.endsWith('.md')) longSentences(file, text, Number(values.long));
}
if (found > 0) {
  process.stderr.write(`${found} places to rewrite.\n`);
  process.exitCode = 1;
}
