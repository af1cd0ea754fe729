import * as fc from 'fast-check';
import { printable, printableJson, safeMessage } from './terminal-text';

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

describe('text for a terminal', () => {
  it.each([
    ['an escape sequence', '\u001b[2J', '\\u001b[2J'],
    ['an escape sequence with a C1 character', '\u009b2J', '\\u009b2J'],
    ['a title for the window', '\u001b]0;acme\u0007', '\\u001b]0;acme\\u0007'],
    ['a line break', 'a\r\nb', 'a\\u000d\\u000ab'],
    ['a right-to-left override', 'evil\u202egpj', 'evil\\u202egpj'],
    ['a zero-width space', 'ac\u200bme', 'ac\\u200bme'],
    ['a name in another script', 'Schlüssel 鍵 🗝', 'Schlüssel 鍵 🗝'],
  ])('shows %s without any effect on the terminal', (_name, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('never contains a control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(CONTROL);
        expect(safeMessage(text)).not.toMatch(CONTROL);
      }),
    );
  });

  it('can be JSON with the same values and without control characters', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const text = printableJson(value);
        expect(text.replaceAll('\n', '')).not.toMatch(CONTROL);
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(value));
      }),
    );
  });
});

describe('a safe message', () => {
  const token = `kw_01jd8x4k2m6n8p0q2r4s6t8v0w_${'s'.repeat(43)}abc123`;

  it.each([
    ['a token', `no such command: ${token}`, 'no such command: [token of 01jd8x4k2m6n8p0q2r4s6t8v0w]'],
    ['a part of a token', `${token.slice(0, 40)} is cut`, '[token of 01jd8x4k2m6n8p0q2r4s6t8v0w] is cut'],
    ['a password', 'mongodb://root:hunter2@db/x failed', 'mongodb://***@db/x failed'],
    ['a password with an @', 'redis://:hunt@er2@cache failed', 'redis://***@cache failed'],
    ['several lines', ' one\n   two\n', 'one two'],
  ])('does not contain %s', (_name, text, message) => {
    expect(safeMessage(text)).toBe(message);
  });

  it('is shortened to 2,000 characters', () => {
    expect(safeMessage('x'.repeat(1_000_000)).length).toBeLessThan(2010);
  });
});
