import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '../../..');

/** Where people are promised that the blocks work as they stand. */
export const RUNNABLE_PAGES: readonly string[] = [
  'README.md',
  'docs/module.md',
  'docs/releasing.md',
  'docs/upgrading.md',
  'docs/operations/deployment.md',
  ...readdirSync(join(ROOT, 'docs/guides')).map((name) => `docs/guides/${name}`),
];

/** A fenced block of code, and the comment that stands before it. */
export interface MarkdownBlock {
  readonly page: string;
  readonly language: string;
  readonly code: string;
  /** Without the brackets of the comment; empty where there is none. */
  readonly mark: string;
}

/** The blocks of a page in order. */
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
