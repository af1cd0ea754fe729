/**
 * The constant part of a vendor's tokens, such as `xmem_`. Lower-case letters only, because random characters contain
 * digits or capitals.
 */
const CONSTANT_PART = /^[a-z]{1,12}[_-]/;

/**
 * Returns a warning if Keyward will reject the token of an imported key because no configured prefix matches it. The
 * warning quotes only the constant part of `key_prefix`, never random characters of the token.
 *
 * @param keyPrefix the first characters of the token, if the other system kept them
 * @param prefixes `IMPORT_TOKEN_PREFIXES`
 */
export function prefixWarning(keyPrefix: unknown, prefixes: readonly string[]): readonly string[] {
  const start = typeof keyPrefix === 'string' ? keyPrefix : '';
  if (start === '') {
    return prefixes.length > 0
      ? []
      : ['IMPORT_TOKEN_PREFIXES is unset: tokens of other systems will not be accepted'];
  }
  // A `key_prefix` that is shorter than a configured prefix may be the beginning of it.
  if (prefixes.some((prefix) => start.startsWith(prefix) || prefix.startsWith(start))) return [];
  const [common] = CONSTANT_PART.exec(start) ?? [];
  return [
    common === undefined
      ? 'its token will not be accepted: add its prefix to IMPORT_TOKEN_PREFIXES'
      : `tokens with prefix ${common} will not be accepted: add ${common} to IMPORT_TOKEN_PREFIXES`,
  ];
}
