import { redactionOf } from '../../common/redaction';

/**
 * What a terminal may take for an instruction (C0, DEL, C1), what breaks a line, and what turns the direction of
 * writing, so that a name looks like another one.
 */
// oxlint-disable-next-line no-control-regex -- control characters are what is taken out
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const redact = redactionOf();

const MAX_MESSAGE = 2000;

/** Text of others, so that a terminal shows it and does nothing else with it: `\u001b` for an escape. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, escaped);
}

/** JSON that a terminal can be shown as well. Outside of texts none of these characters stands. */
export function printableJson(value: unknown): string {
  // `JSON.stringify` escapes what lies below U+0020 within texts; what is left there is the layout.
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  return JSON.stringify(value, null, 2).replaceAll(UNPRINTABLE, (each) =>
    each === '\n' ? each : escaped(each),
  );
}

/** A message on one line, of bearable length, without tokens and passwords that were passed where none belongs. */
export function safeMessage(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, ' ').trim();
  const clean = redact(line);
  return printable(clean.length > MAX_MESSAGE ? `${clean.slice(0, MAX_MESSAGE)}…` : clean);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
