// `npm run lint:prose` fails if a text that people read contains a phrase of prose-rules.mjs: documents, comments, messages,
// test titles. Sentences of documents also have a maximum length. Arguments limit it to files and folders.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { PHRASES } from './prose-rules.mjs';

const READ = /\.(?:md|[cm]?[jt]s|sh|ya?ml|html)$|^\.env\.example$|Dockerfile$/;
const NOT_READ = /^(?:package-lock\.json|LICENSE|scripts\/prose-rules\.mjs|test\/e2e\/prose\.e2e-spec\.ts)$/;

/** Generated files, and decision records, whose text is never rewritten. */
const MAY_HAVE_LONG_SENTENCES = /^(?:etc|docs\/decisions)\//;
const MAX_WORDS = 30;

/** Matches the gap between two words: spaces, or a line break and a comment mark. */
const GAP = String.raw`(?:\s|\n\s*(?:\*|//|#|>))+`;
const rules = PHRASES.map(([phrase, instead]) => ({
  pattern: new RegExp(String.raw`(?<![\w-])(?:${phrase.replaceAll(' ', GAP)})(?![\w-])`, 'gi'),
  instead,
}));

const tracked = execFileSync('git', ['ls-files', ...process.argv.slice(2)], { encoding: 'utf8' })
  .trim()
  .split('\n');
let found = 0;

function report(file, text, index, message) {
  found += 1;
  process.stdout.write(
    `${file}:${text.slice(0, index).split('\n').length}: ${message.replace(/\s+/g, ' ')}\n`,
  );
}

function reportLongSentences(file, text) {
  const prose = text
    .replace(/^```.*?^```/gms, (block) => block.replace(/[^\n]/g, ' '))
    .replace(/^\s*(?:\||#|<!--).*$/gm, (line) => ' '.repeat(line.length));
  for (const { 0: sentence, index } of prose.matchAll(
    /\S(?:[^.:!?\n]|[.:!?](?=\S)|\n(?!\s*\n|\s*[-*] |\s*\d+\. ))+/g,
  )) {
    const count = sentence.replace(/\]\([^)]*\)/g, ']').split(/\s+/).length;
    if (count > MAX_WORDS) report(file, text, index, `${count} words: ${sentence}`);
  }
}

for (const file of tracked.filter((name) => READ.test(name) && !NOT_READ.test(name))) {
  const text = readFileSync(file, 'utf8');
  for (const { pattern, instead } of rules) {
    for (const match of text.matchAll(pattern))
      report(file, text, match.index, `"${match[0]}": write ${instead}`);
  }
  if (file.endsWith('.md') && !MAY_HAVE_LONG_SENTENCES.test(file)) reportLongSentences(file, text);
}
if (found > 0) {
  process.stderr.write(`${found} phrases or sentences to rewrite.\n`);
  process.exitCode = 1;
}
