import { ApiKeyDto } from '../../api-keys/management/dto/api-key.dto';
import type { IssuedApiKey } from '../../api-keys/management/api-keys.service';
import { CliError } from './cli.errors';
import { printableJson, safeMessage } from './terminal-text';

/** Whether a reader went away before the end, as `head` does. */
export function isReaderGone(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'code') === 'EPIPE';
}

/** Writes lines to standard output, and waits until they are out. */
export async function print(...lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(`${lines.join('\n')}\n`, (error) => (error ? reject(error) : resolve()));
  });
}

/** Writes one JSON document to standard output. */
export async function printJson(value: unknown): Promise<void> {
  await print(printableJson(value));
}

/** Tells the operator something beside the result: one line on standard error. */
export function tell(message: string): void {
  process.stderr.write(`keyward: ${safeMessage(message)}\n`);
}

/**
 * Writes a token to standard output, its only sight.
 *
 * @param lastUsedAt when the key was last used, if a use is known
 * @throws CliError if it could not be written: the token is lost then
 */
export async function printIssued(
  { key, token }: IssuedApiKey,
  json: boolean,
  lastUsedAt?: Date,
): Promise<void> {
  try {
    await (json ? printJson({ ...ApiKeyDto.of(key, key.updatedAt, lastUsedAt), token }) : print(token));
  } catch {
    throw new CliError(
      'token_lost',
      `the token of ${key.id} could not be written and is lost: rotate the key, or revoke it.`,
    );
  }
}
