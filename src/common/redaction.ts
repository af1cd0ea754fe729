import { inspect } from 'node:util';

/** Takes credentials out of a text. */
export type Redaction = (text: string) => string;

/** A native token, whole or cut short: its id may be told, the rest may not. */
const NATIVE = /[a-z0-9_]{0,16}_([0-7z][0-9a-hjkmnp-tv-z]{25})_[0-9a-z]{4,}/gi;

/**
 * Three or five parts of base64url, of which the first is an object in JSON (RFC 7519, RFC 7516). What may come before it
 * without a space is looked through only where parts follow: else a long text would be, from each of its letters.
 */
const JWT = /(?<![\w-])(?=[\w-]*\.[\w-]{4,}\.)([\w-]*?)\bey[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*){1,3}/g;

/** What follows the name of a scheme, as in a header that was repeated: at least 12 characters, more than a word. */
const HEADER = /\b(Bearer|Basic) +[\w.~+/-]{12,}=*/gi;

/** Addresses that have a password more often than not. */
const DATABASE = /\b(?:mongodb(?:\+srv)?|rediss?):\/\//i;

/** Begins with a host, and perhaps a port, but with no user and password. */
const HOST_FIRST = /^[^:@]*(?::\d*)?$/;

/**
 * Returns the redaction of logs and of everything else that an operator reads: tokens, sessions, and the user and password
 * in addresses.
 *
 * @param importPrefixes what tokens of other systems begin with: what follows, up to a space, is a token
 */
export function redactionOf(importPrefixes: readonly string[] = []): Redaction {
  const foreign = importPrefixes.map((prefix) => new RegExp(`${escaped(prefix)}[\\x21-\\x7e]{8,}`, 'g'));
  return (text) => {
    let clean = withoutPasswords(text)
      .replaceAll(NATIVE, '[token of $1]')
      .replaceAll(JWT, '$1[session]')
      .replaceAll(HEADER, '$1 [credential]');
    for (const pattern of foreign) clean = clean.replaceAll(pattern, '[imported token]');
    return clean;
  };
}

const redact = redactionOf();

/** Redacts the value of a setting. It is one address at most, so all between `://` and the last `@` may be the password. */
export function redactedSetting(value: string): string {
  const [start, end] = [value.indexOf('://'), value.lastIndexOf('@')];
  return redact(start >= 0 && end > start ? hidden(value, start, end) : value);
}

/** A password that is not percent-encoded may hold any character, `@` and `/` too: in doubt more is hidden. */
function withoutPasswords(text: string): string {
  if (!text.includes('://') || !text.includes('@')) return text;
  return text.split('\n').map(withoutPasswordsOnLine).join('\n');
}

function withoutPasswordsOnLine(line: string): string {
  const database = line.search(DATABASE);
  const [start, end] = [line.indexOf('://', Math.max(0, database)), line.lastIndexOf('@')];
  if (database < 0 || end < start) return line.replaceAll(/\S+/g, withoutPasswordInWord);
  return (
    line.slice(0, start).replaceAll(/\S+/g, withoutPasswordInWord) + hidden(line.slice(start), 0, end - start)
  );
}

function withoutPasswordInWord(word: string): string {
  const end = word.lastIndexOf('@');
  for (let start = word.indexOf('://'); start >= 0 && start < end; start = word.indexOf('://', start + 3)) {
    const slash = word.indexOf('/', start + 3);
    const authority = word.slice(start + 3, slash < 0 ? word.length : slash);
    if (!HOST_FIRST.test(authority)) return hidden(word, start, end);
  }
  return word;
}

function hidden(text: string, start: number, end: number): string {
  return `${text.slice(0, start)}://***${text.slice(end)}`;
}

/** What a log would show of anything: texts as they are, errors with their stack and causes, objects as Node shows them. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { depth: 5, breakLength: Infinity });
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
