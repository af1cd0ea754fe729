import { hash, randomBytes } from 'node:crypto';
import { parseToken } from '../src/api-keys/domain/token/key-token';
import { sampleKey } from './kit/keys';
import { claim, intervalOf, printTable } from './kit/report';
import { interleave, microseconds, type Subject } from './kit/rounds';
import { median, ratio } from './kit/statistics';

const TEXTS = 1000;
const CALLS = 20_000;

/** Keeps the compiler from removing unused results. */
let sink = 0;

async function main(): Promise<void> {
  const valid = Array.from({ length: TEXTS }, () => sampleKey().token);
  const figures = await interleave({
    sha256: each(valid, (text) => hash('sha256', text)),
    valid: each(valid, parseToken),
    wrongChecksum: each(valid.map(withAnotherDigit), parseToken),
    short: each(garbage(60), parseToken),
    ofLength: each(garbage(79), parseToken),
    withPrefix: each(garbage(79, 'kw_'), parseToken),
    underscores: each(garbage(93, 'a_'.repeat(46)), parseToken),
    long: each(garbage(8000), parseToken),
  });
  const row = (name: string, of: readonly number[]): (string | number)[] => [
    name,
    median(of),
    intervalOf(ratio(of, figures.sha256)),
  ];
  printTable(
    ['one text read', 'µs', 'to one SHA-256 of a token'],
    [
      row('one SHA-256 of a token', figures.sha256),
      row('a token, with its digest', figures.valid),
      row('a token with a wrong checksum', figures.wrongChecksum),
      row('60 random characters', figures.short),
      row('79 random characters', figures.ofLength),
      row('79 characters that begin as a token', figures.withPrefix),
      row('93 characters, underscores between them', figures.underscores),
      row('8,000 random characters', figures.long),
    ],
  );
  for (const name of ['short', 'ofLength', 'withPrefix', 'underscores', 'long'] as const) {
    claim(`reading garbage (${name}), relative to one SHA-256,`, ratio(figures[name], figures.sha256), {
      atMost: 1,
    });
  }
  if (sink === 0) throw new Error('nothing was read');
}

function each(texts: readonly string[], read: (text: string) => unknown): Subject {
  return () =>
    microseconds(CALLS, (index) => {
      if (read(texts[index % TEXTS] ?? '') !== undefined) sink += 1;
    });
}

function garbage(length: number, start = ''): string[] {
  return Array.from({ length: TEXTS }, () =>
    flat(start + randomBytes(length).toString('base64url')).slice(0, length),
  );
}

function withAnotherDigit(token: string): string {
  const at = token.length - 20;
  return flat(token.slice(0, at) + (token[at] === '0' ? '1' : '0') + token.slice(at + 1));
}

/**
 * Returns a flat copy of a string, as a socket would deliver it. V8 may store a concatenated or sliced string as a rope
 * or slice.
 */
function flat(text: string): string {
  return Buffer.from(text).toString('latin1');
}

void main();
