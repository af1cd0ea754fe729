import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runScript } from '../support/command-line';

const ROOT = join(__dirname, '../..');
const run = promisify(execFile);

/** From phrases that this project once used. */
const REPORTED = [
  'Notices are spoken of ahead.',
  'The guard lets in\n> everyone.',
  'Files inside `dist` are nobody’s.',
  'The first that can be had.',
  'The least grave messages to log.',
  'Asking often wears nothing out.',
  'Audiences that are ours.',
  'The media type that is not read here.',
  'They go into an application as `nest new` makes it.',
  'Redis is away, and whoever asks is told.',
];

const LONG = `${'Too many words '.repeat(10)}are in this sentence.`;

const ACCEPTED = [
  ['standard words', 'The guard allows the request, and the store rejects writes.'],
  ['a phrase within a word', 'Whether `renew` outstands for something is up to the reader.'],
  ['many words in a table', `| ${LONG} |`],
  [
    'many words in a list of short items',
    `- ${'a short item, '.repeat(4)}\n- ${'another short item, '.repeat(5)}`,
  ],
] as const;

describe('npm run lint:prose', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'keyward-prose-'));
    for (const script of ['lint-prose.mjs', 'prose-rules.mjs'])
      await cp(join(ROOT, 'scripts', script), join(folder, 'scripts', script));
    await run('git', ['init', '--quiet', folder]);
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));

  async function lint(name: string, text: string): Promise<readonly [code: number | null, output: string]> {
    await writeFile(join(folder, name), text);
    await run('git', ['add', '--all'], { cwd: folder });
    const { code, stdout } = await runScript(['scripts/lint-prose.mjs', name], {}, folder);
    return [code, stdout];
  }

  it.each(REPORTED)('reports the line that contains: %s', async (text) => {
    expect(await lint('a.md', `# A\n\n${text}\n`)).toEqual([1, expect.stringMatching(/^a\.md:3: \S/)]);
  });

  it('reports a sentence of more than 30 words', async () => {
    expect(await lint('a.md', `# A\n\n${LONG}\n`)).toEqual([
      1,
      expect.stringMatching(/^a\.md:3: 34 words: /),
    ]);
  });

  it('reports a phrase that is split over two lines of a comment', async () => {
    const code = '/**\n * Keys that are\n * spoken of.\n */\nexport const a = 1;\n';
    expect(await lint('a.ts', code)).toEqual([
      1,
      expect.stringMatching(/^a\.ts:2: "are \* spoken of": write /),
    ]);
  });

  it.each(ACCEPTED)('accepts %s', async (_name, text) => {
    expect(await lint('a.md', `# A\n\n${text}\n`)).toEqual([0, '']);
  });
});
