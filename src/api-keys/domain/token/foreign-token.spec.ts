import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { foreignKeyId, isForeignToken } from './foreign-token';
import { isKeyId } from '../key-id';

const PREFIXES = ['acme_', 'globex-'];
const hashes = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));

describe('isForeignToken', () => {
  it.each([
    'acme_0123456789abcdef',
    'globex-0123456789abcdef',
    'acme_!"#$%&\'()*+,-./:;<=>?@[]^_`{|}~\\',
    'acme_0123.456789abcdef',
    'acme_.0123.456789abcdef+',
    'acme_...............',
  ])('accepts %s', (text) => {
    expect(isForeignToken(text, PREFIXES)).toBe(true);
  });

  it.each([
    ['with another prefix', 'initech_0123456789abcdef'],
    ['with the prefix inside', 'xacme_0123456789abcdef'],
    ['with the prefix in another case', 'Acme_0123456789abcdef'],
    ['that is only a prefix', 'acme_'],
    ['that is empty', ''],
    ['that looks like a JWT', 'acme_0123456.789abcdef.0123456789'],
    ['that looks like a JWT without a signature', 'acme_0123456789abcdef.0123456789.'],
  ])('rejects a text %s', (_why, text) => {
    expect(isForeignToken(text, PREFIXES)).toBe(false);
  });

  it('rejects every text if no prefix is configured', () => {
    expect(isForeignToken('acme_0123456789abcdef', [])).toBe(false);
  });
});

describe('the id of an imported key', () => {
  it('is z and the first 25 base32 digits of a hash used for nothing else', () => {
    const digest = createHash('sha256')
      .update(`keyward:import:${'c0'.repeat(32)}`)
      .digest('hex');
    const bits = BigInt(`0x${digest}`).toString(2).padStart(256, '0');
    const digits = (bits.match(/.{5}/g) ?? [])
      .slice(0, 25)
      .map((five) => '0123456789abcdefghjkmnpqrstvwxyz'.charAt(Number.parseInt(five, 2)))
      .join('');
    expect(foreignKeyId('c0'.repeat(32))).toBe(`z${digits}`);
  });

  it('has the format of a key id, and is the same every time', () => {
    fc.assert(
      fc.property(hashes, (hash) => {
        const id = foreignKeyId(hash);
        expect(id).toMatch(/^z[0-9a-hjkmnp-tv-z]{25}$/);
        expect(isKeyId(id)).toBe(true);
        expect(foreignKeyId(hash)).toBe(id);
      }),
    );
  });

  it('is different for different tokens', () => {
    fc.assert(
      fc.property(fc.uniqueArray(hashes, { minLength: 2 }), (several) => {
        expect(new Set(several.map(foreignKeyId)).size).toBe(several.length);
      }),
    );
  });
});
