import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const FOLDER = join(__dirname, '../../../docs/integrations');

/** What of a documented file is another here, by what the file says: addresses, a key. */
export type Replacements = Readonly<Record<string, string>>;

/**
 * A configuration as `docs/integrations` gives it.
 *
 * @throws Error if the file does not say what is to be replaced, so that a test cannot pass by testing another file
 */
export async function documentedFile(name: string, replacements: Replacements): Promise<string> {
  let text = await readFile(join(FOLDER, name), 'utf8');
  for (const [documented, here] of Object.entries(replacements)) {
    if (!text.includes(documented)) throw new Error(`docs/integrations/${name} does not say ${documented}`);
    text = text.replaceAll(documented, here);
  }
  return text;
}
