const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Returns the first `length` base32 digits (Crockford's alphabet, lower case) of some bytes, most significant first. */
export function encodeBase32(bytes: Uint8Array, length: number): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    for (bits += 8; bits >= 5 && text.length < length; bits -= 5) {
      text += ALPHABET.charAt((value >> (bits - 5)) & 31);
    }
    value &= (1 << bits) - 1;
  }
  return text;
}
