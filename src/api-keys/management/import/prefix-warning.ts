/** What vendors begin their tokens with, such as `xmem_`. Random characters have digits or capitals. */
const CONSTANT_PART = /^[a-z]{1,12}[_-]/;

/**
 * Returns a warning if the tokens of an imported key will not be looked up, because none of the configured prefixes is
 * theirs. Of `key_prefix`, the first characters of a token, it repeats only what all tokens have in common.
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
  // One that is shorter than a configured prefix may still be its beginning.
  if (prefixes.some((prefix) => start.startsWith(prefix) || prefix.startsWith(start))) return [];
  const [common] = CONSTANT_PART.exec(start) ?? [];
  return [
    common === undefined
      ? 'its token will not be accepted: add what it begins with to IMPORT_TOKEN_PREFIXES'
      : `tokens with prefix ${common} will not be accepted: add ${common} to IMPORT_TOKEN_PREFIXES`,
  ];
}
