import { generateKeyPairSync } from 'node:crypto';
import { SigningKey } from '../../../test/support/identity-provider/signing-key';
import { usableKeySet } from './usable-key-set';

const good = new SigningKey().publicJwk;
const ed25519 = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
const shortRsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });

describe('the key set of an issuer', () => {
  it('contains every key that can verify a signature', () => {
    const { use: _use, ...withoutUse } = new SigningKey().publicJwk;
    const keys = [good, withoutUse, ed25519];
    expect(usableKeySet({ keys })).toEqual({ keys });
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a string', 'acme'],
    ['a list', []],
    ['an object without a type', {}],
    ['a symmetric key', { kty: 'oct', k: 'c2VjcmV0', kid: good.kid }],
    ['a key of an unknown type', { ...good, kty: 'AKP' }],
    ['a key for encryption', { ...good, use: 'enc' }],
    ['a key whose use is not a string', { ...good, use: ['sig'] }],
    ['a key for other operations', { ...good, key_ops: ['encrypt'] }],
    ['a key without its modulus', { ...good, n: undefined }],
    ['a key whose modulus is not a string', { ...good, n: 7 }],
    ['a point that is not on its curve', { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }],
    ['a curve that does not exist', { kty: 'EC', crv: 'P-999', x: 'AA', y: 'AA' }],
    ['an RSA key that is too short', shortRsa],
    ['a private key', new SigningKey().privateJwk],
  ])('does not contain %s [T68]', (_what, key) => {
    expect(usableKeySet({ keys: [key, good] })).toEqual({ keys: [good] });
  });

  it('contains a repeated key once, and two different keys with the same id', () => {
    const other = { ...new SigningKey().publicJwk, kid: good.kid };
    const withCertificate = { ...good, x5t: 'AAAA' };
    expect(usableKeySet({ keys: [good, other, withCertificate, { ...other }] })).toEqual({
      keys: [withCertificate, other],
    });
  });

  it('contains a key once if its entries differ only in the algorithm', () => {
    const { alg: _alg, ...plain } = good;
    expect(usableKeySet({ keys: [plain, { ...plain, alg: 'RS256' }] })).toEqual({ keys: [plain] });
    const keys = [
      { ...plain, alg: 'RS256' },
      { ...plain, alg: 'PS256' },
    ];
    expect(usableKeySet({ keys })).toEqual({ keys: [plain] });
  });

  it.each([{}, { keys: null }, { keys: { 0: good } }, { keys: 'acme' }])(
    'cannot be read from %j',
    (document) => {
      expect(() => usableKeySet(document)).toThrow('the key set has no list of keys');
    },
  );
});
