import { ApiKeyDto } from '../../api-keys/management/dto/api-key.dto';
import type { IssuedApiKey } from '../../api-keys/management/api-keys.service';
import { CliError } from './cli.errors';
import { printableJson, safeMessage } from './terminal-text';

/** Returns whether the reader of the output closed it early, as `head` does. */
export function isReaderGone(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'code') === 'EPIPE';
}

/** Writes lines to standard output, and waits until they are written. */
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

/** Writes a message that is not part of the result: one line on standard error. */
export function tell(message: string): void {
  process.stderr.write(`keyward: ${safeMessage(message)}\n`);
}

/**
 * Writes a token to standard output. Keyward never shows the token again.
 *
 * @param lastUsedAt the time of the last use, if known
 * @throws CliError if the token cannot be written, because it is then lost
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
