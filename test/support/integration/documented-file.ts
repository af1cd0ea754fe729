import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDER = join(__dirname, '../../../docs/integrations');

/** Replacements in a documented file, by the text that they replace: addresses, a key. */
export type Replacements = Readonly<Record<string, string>>;

/**
 * Returns a configuration from `docs/integrations`, with replacements.
 *
 * @throws Error if the file does not contain a text to replace, so that a test cannot pass with another file
 */
export async function documentedFile(name: string, replacements: Replacements): Promise<string> {
  let text = await readFile(join(FOLDER, name), 'utf8');
  for (const [documented, here] of Object.entries(replacements)) {
    if (!text.includes(documented))
      throw new Error(`docs/integrations/${name} does not contain ${documented}`);
    text = text.replaceAll(documented, here);
  }
  return text;
}
