import { createInterface } from 'node:readline/promises';

/** The streams for a question and its answer. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/**
 * Asks a question. Returns true only if the answer is `y` or `yes`. Returns false if the input ends or the user presses
 * Ctrl-C.
 */
export async function confirm(question: string, { input, output }: Terminal): Promise<boolean> {
  const asked = createInterface({ input, output });
  const refused = new AbortController();
  asked.on('close', () => refused.abort());
  try {
    const answer = await asked.question(`${question} [y/N] `, { signal: refused.signal });
    return /^y(?:es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    asked.close();
  }
}
