import { inspect } from 'node:util';

/** Takes credentials out of a text. */
export type Redaction = (text: string) => string;

/** A native token, whole or cut short: its id may be told, the rest may not. */
const NATIVE = /[a-z0-9_]{0,16}_([0-7z][0-9a-hjkmnp-tv-z]{25})_[0-9a-z]{8,}/gi;

/**
 * Three or five parts of base64url, of which the first is an object in JSON (RFC 7519, RFC 7516). What may come before it
 * without a space is looked through only where parts follow: else a long text would be, from each of its letters.
 */
const JWT = /(?<![\w-])(?=[\w-]*\.[\w-]{4,}\.)([\w-]*?)\bey[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*){1,3}/g;

/** What follows the name of a scheme, as in a header that was repeated: at least 12 characters, more than a word. */
const HEADER = /\b(Bearer|Basic) +[\w.~+/-]{12,}=*/gi;

/** User and password in an address, as of a database. */
const IN_ADDRESS = /\/\/[^\s/@]+@/g;

/**
 * The redaction that a service needs.
 *
 * @param importPrefixes what tokens of other systems begin with: what follows, up to a space, is a token
 */
export function redactionOf(importPrefixes: readonly string[] = []): Redaction {
  const foreign = importPrefixes.map((prefix) => new RegExp(`${escaped(prefix)}[\\x21-\\x7e]{8,}`, 'g'));
  return (text) => {
    let clean = text
      .replaceAll(NATIVE, '[token of $1]')
      .replaceAll(JWT, '$1[session]')
      .replaceAll(HEADER, '$1 [credential]')
      .replaceAll(IN_ADDRESS, '//[credential]@');
    for (const pattern of foreign) clean = clean.replaceAll(pattern, '[imported token]');
    return clean;
  };
}

/** What a log would show of anything: texts as they are, errors with their stack and causes, objects as Node shows them. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { depth: 5, breakLength: Infinity });
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
