import * as fc from 'fast-check';
import { encodeBase32 } from './base32';

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';

/** Returns the bits of some bytes in groups of five: the definition of base32. */
function digitsOf(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => CROCKFORD.charAt(Number.parseInt(five, 2))).join('');
}

describe('encodeBase32', () => {
  it.each<[string, number[], number, string]>([
    ['zeros', [0, 0, 0, 0, 0], 8, '00000000'],
    ['ones', [255, 255, 255, 255, 255], 8, 'zzzzzzzz'],
    ['the highest bit first', [0x80], 1, 'g'],
    ['"hello"', [...Buffer.from('hello')], 8, 'd1jprv3f'],
    ['every digit', [...Buffer.from('00443214c74254b635cf84653a56d7c675be77df', 'hex')], 32, CROCKFORD],
    ['no digits for the length 0', [1, 2, 3], 0, ''],
    ['no incomplete digit', [255], 8, 'z'],
    ['no digits of no bytes', [], 8, ''],
  ])('writes %s', (_what, bytes, length, text) => {
    expect(encodeBase32(Uint8Array.from(bytes), length)).toBe(text);
  });

  it('writes the requested number of digits, from the start, for random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(110), (bytes, length) => {
        expect(encodeBase32(bytes, length)).toBe(digitsOf(bytes).slice(0, length));
      }),
    );
  });
});
