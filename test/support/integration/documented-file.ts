import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDER = join(__dirname, '../../../docs/integrations');

/** Replacements in a documented file, such as addresses, by the text that they replace. */
export type Replacements = Readonly<Record<string, string>>;

/**
 * Returns a configuration from `docs/integrations` with replacements.
 *
 * @throws Error if the file does not contain a text to replace, because the test would then run another configuration
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
