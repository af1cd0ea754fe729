import { redactionOf } from '../../common/redaction';

/**
 * Characters that control a terminal (C0, DEL, C1), break a line, are invisible or change the direction of writing. The
 * last two can make a name look like another one.
 */
// oxlint-disable-next-line no-control-regex -- control characters are what is replaced
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const redact = redactionOf();

const MAX_MESSAGE = 2000;

/**
 * Replaces control characters with escapes such as `\u001b`, so that a terminal shows them instead of interpreting
 * them.
 */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, escaped);
}

/** Returns JSON in which control characters are escaped. They occur only in strings. */
export function printableJson(value: unknown): string {
  // `JSON.stringify` escapes characters below U+0020 in strings, so remaining line breaks are layout.
  // oxlint-disable-next-line no-control-regex -- control characters are what is replaced
  return JSON.stringify(value, null, 2).replaceAll(UNPRINTABLE, (each) =>
    each === '\n' ? each : escaped(each),
  );
}

/** Returns a message on one line, of limited length, and without tokens and passwords that were passed by mistake. */
export function safeMessage(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, ' ').trim();
  const clean = redact(line);
  return printable(clean.length > MAX_MESSAGE ? `${clean.slice(0, MAX_MESSAGE)}…` : clean);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
