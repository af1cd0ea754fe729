import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');

/** The pages whose code blocks must work unchanged. */
export const RUNNABLE_PAGES: readonly string[] = [
  'README.md',
  'docs/module.md',
  'docs/releasing.md',
  'docs/upgrading.md',
  'docs/operations/deployment.md',
  ...readdirSync(join(ROOT, 'docs/guides')).map((name) => `docs/guides/${name}`),
];

/** A fenced code block of a page, and the HTML comment before it. */
export interface MarkdownBlock {
  readonly page: string;
  readonly language: string;
  readonly code: string;
  /** The text of the comment, or an empty string if there is none. */
  readonly mark: string;
}

/** Returns the code blocks of a page, in order. */
export function blocksOf(page: string): readonly MarkdownBlock[] {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const pattern = /(?:<!-- (?<mark>[^\n]*) -->\n\n)?^```(?<language>\w*)\n(?<code>[\s\S]*?)^```$/gm;
  return [...text.matchAll(pattern)].map(({ groups = {} }) => ({
    page,
    language: groups['language'] ?? '',
    code: groups['code'] ?? '',
    mark: groups['mark'] ?? '',
  }));
}

/** Returns the code block of a page whose comment starts with a name, such as a file name. */
export function blockOf(page: string, name: string): string {
  const block = blocksOf(page).find(({ mark }) => mark.startsWith(`${name}: `));
  if (block === undefined) throw new Error(`${page} has no ${name}`);
  return block.code;
}
