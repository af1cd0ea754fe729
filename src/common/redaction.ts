import { inspect } from 'node:util';

/** Removes credentials from a text. */
export type Redaction = (text: string) => string;

/** Matches Keyward's tokens, complete or truncated. A log may contain the key id, but not the rest. */
const NATIVE = /[a-z0-9_]{0,16}_([0-7z][0-9a-hjkmnp-tv-z]{25})_[0-9a-z]{4,}/gi;

/**
 * Matches a JWT (RFC 7519, RFC 7516): parts of base64url, the first of which is a JSON object. The lookahead checks
 * that more parts follow before the regex searches for the first part. Otherwise, a long text would take quadratic
 * time.
 */
const JWT = /(?<![\w-])(?=[\w-]*\.[\w-]{4,}\.)([\w-]*?)\bey[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*){1,3}/g;

/** Matches a credential after `Bearer` or `Basic`. The minimum of 12 characters excludes most words. */
const HEADER = /\b(Bearer|Basic) +[\w.~+/-]{12,}=*/gi;

/** Matches the start of a connection string, which usually contains a password. */
const DATABASE = /\b(?:mongodb(?:\+srv)?|rediss?(?:\+cluster)?):\/\//i;

/** Matches the authority of a URL (RFC 3986): a host and an optional port, without user and password. */
const HOST_FIRST = /^[^:@]*(?::\d*)?$/;

/**
 * Returns the redaction for logs and other text for operators. It removes tokens, sessions, and the user names and
 * passwords in URLs.
 *
 * @param importPrefixes prefixes of tokens of other systems; such a token ends before the next space
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

/**
 * Redacts the value of a setting. Everything between `://` and the last `@` is removed, because a value contains at
 * most one URL.
 */
export function redactedSetting(value: string): string {
  const [start, end] = [value.indexOf('://'), value.lastIndexOf('@')];
  return redact(start >= 0 && end > start ? hidden(value, start, end) : value);
}

/**
 * Removes passwords from a text. If a password contains an unescaped `@` or `/`, the end of the password is uncertain,
 * so more text is removed.
 */
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

/**
 * Converts a value to text for a log. Text stays unchanged. Errors include their stack and causes. Objects look as in
 * `util.inspect`.
 */
export function shown(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value, { depth: 5, breakLength: Infinity });
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
