import { prefixWarning } from './prefix-warning';

describe('the warning about import prefixes', () => {
  it.each<readonly [string, readonly string[], string]>([
    ['xmem_Zm9', ['xm_'], 'xmem_'],
    ['xmem_Zm9', [], 'xmem_'],
    ['sk-live-Zm9', ['sk_'], 'sk-'],
    ['xm_Zm_9', ['xmem_'], 'xm_'],
  ])(
    'quotes only the constant prefix of %s if the configured prefixes are %j',
    (keyPrefix, prefixes, named) => {
      expect(prefixWarning(keyPrefix, prefixes)).toEqual([
        `tokens with prefix ${named} will not be accepted: add ${named} to IMPORT_TOKEN_PREFIXES`,
      ]);
    },
  );

  it.each(['Zm9vYmFy', 'x7Gq2Lp9_Ab', '9f86d081-884c', 'zmqvymfyc2vjcmv0mtiz_abc'])(
    'quotes nothing of a token without a constant prefix: %s',
    (start) => {
      const [warning = ''] = prefixWarning(start, ['xmem_']);
      expect(warning).toContain('IMPORT_TOKEN_PREFIXES');
      expect(warning).not.toContain(start.slice(0, 4));
    },
  );

  it('appears if no prefix is configured, even for a record without key_prefix', () => {
    expect(prefixWarning(undefined, [])).toEqual([
      'IMPORT_TOKEN_PREFIXES is unset: tokens of other systems will not be accepted',
    ]);
  });

  it.each<readonly [unknown, readonly string[]]>([
    ['xmem_Zm9', ['xm_', 'xmem_']],
    ['xmem_', ['xmem_']],
    ['xm', ['xmem_']],
    [undefined, ['xmem_']],
    [7, ['xmem_']],
  ])('does not appear for the key_prefix %j if the configured prefixes are %j', (keyPrefix, prefixes) => {
    expect(prefixWarning(keyPrefix, prefixes)).toEqual([]);
  });
});
