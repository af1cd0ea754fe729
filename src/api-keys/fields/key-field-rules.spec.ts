import { HOSTILE_TO_TEXT, numbered, send } from '../../../test/support/sent-fields';
import { readOrRefuse } from '../../problems/validation';
import { IsAllowedIps, IsMetadata, IsOwnerId, IsScopes, IsTenantId } from './key-field-rules';

class ScopesBody {
  @IsScopes()
  value!: unknown;
}
class AllowedIpsBody {
  @IsAllowedIps()
  value!: unknown;
}
class TenantBody {
  @IsTenantId()
  value!: unknown;
}
class OwnerBody {
  @IsOwnerId()
  value!: unknown;
}
class MetadataBody {
  @IsMetadata()
  value!: unknown;
}

const entriesOf = (count: number): Record<string, number> =>
  Object.fromEntries(numbered(count, (index) => `k${index}`).map((name) => [name, 1]));

describe('the rule for scopes', () => {
  it.each([[[]], [['*']], [['memory:read', 'memory:*']], [numbered(100, (index) => `scope:${index}`)]])(
    'accepts %j unchanged',
    async (value) => {
      expect(await send(ScopesBody, { value })).toEqual({ accepted: { value } });
    },
  );

  it.each<[unknown]>([
    [null],
    ['*'],
    ['memory:read'],
    [{ $in: ['memory:read'] }],
    [{ 0: 'memory:read', length: 1 }],
    [[null]],
    [[1]],
    [[['memory:read']]],
    [[{ $ne: null }]],
    [['']],
    [['memory:read', 'memory:read']],
    [['Memory:read']],
    [['memory:read', '*:read']],
    [['memory:read\0']],
    [['m'.repeat(129)]],
    [numbered(101, (index) => `scope:${index}`)],
  ])('rejects %j', async (value) => {
    expect(await send(ScopesBody, { value })).toEqual({ refused: ['/value'] });
  });
});

describe('the rule for allowlists', () => {
  it.each([
    [[]],
    [['203.0.113.7', '10.0.0.0/8', '2001:db8::/32']],
    [numbered(100, (index) => `10.0.0.${index}`)],
  ])('accepts %j unchanged', async (value) => {
    expect(await send(AllowedIpsBody, { value })).toEqual({ accepted: { value } });
  });

  it.each<[unknown]>([
    [null],
    ['203.0.113.7'],
    [{ $ne: [] }],
    [[null]],
    [[3_405_803_783]],
    [[['203.0.113.7']]],
    [['203.0.113.7', '203.0.113.7']],
    [['10.0.0.1/8']],
    [['010.0.0.1']],
    [['localhost']],
    [numbered(101, (index) => `10.0.0.${index}`)],
  ])('rejects %j', async (value) => {
    expect(await send(AllowedIpsBody, { value })).toEqual({ refused: ['/value'] });
  });
});

describe('the rule for tenants', () => {
  it.each(['acme', 'globex', 'urn:acme:apollo', 'a'.repeat(128)])('accepts %j unchanged', async (value) => {
    expect(await send(TenantBody, { value })).toEqual({ accepted: { value } });
  });

  it.each([...HOSTILE_TO_TEXT, 'acme/globex', 'acme globex', 'acmé', '*', 'a'.repeat(129)])(
    'rejects %j',
    async (value) => {
      expect(await send(TenantBody, { value })).toEqual({ refused: ['/value'] });
    },
  );
});

describe('the rule for owners', () => {
  it('accepts the id of a user unchanged', async () => {
    const value = '01jd8x4k2m6n8p0q2r4s6t8v0w';
    expect(await send(OwnerBody, { value })).toEqual({ accepted: { value } });
  });

  it.each([
    ...HOSTILE_TO_TEXT,
    'ada',
    '01JD8X4K2M6N8P0Q2R4S6T8V0W',
    '01jd8x4k2m6n8p0q2r4s6t8v0w\n',
    '01jd8x4k2m6n8p0q2r4s6t8v0',
    ['01jd8x4k2m6n8p0q2r4s6t8v0w'],
  ])('rejects %j', async (value) => {
    expect(await send(OwnerBody, { value })).toEqual({ refused: ['/value'] });
  });
});

/** Returns metadata that has `bytes` bytes as JSON. */
const ofBytes = (bytes: number, character = 'x'): Record<string, string> => {
  const names = numbered(20, (index) => `k${String(index).padStart(2, '0')}`);
  const room = bytes - Buffer.byteLength(JSON.stringify(Object.fromEntries(names.map((name) => [name, '']))));
  const size = Buffer.byteLength(character);
  const length = Math.floor(room / size / names.length);
  const metadata = Object.fromEntries(names.map((name) => [name, character.repeat(length)]));
  return { ...metadata, k00: `${metadata['k00']}${'y'.repeat(room - length * size * names.length)}` };
};

describe('the rule for metadata', () => {
  it.each<[Record<string, string | number | boolean>]>([
    [{}],
    [{ team: 'search', tier: 1, 'on-call': true, x_y: -0.5, empty: '' }],
    [{ text: 'x'.repeat(500), ['k'.repeat(64)]: 1 }],
    [entriesOf(50)],
    [{ length: 1, name: 'x', id: 'x' }],
  ])('accepts %j unchanged', async (value) => {
    expect(await send(MetadataBody, { value })).toEqual({ accepted: { value } });
  });

  it.each<[unknown]>([
    [null],
    ['team'],
    [1],
    [true],
    [[]],
    [[['team', 'search']]],
    [{ team: null }],
    [{ team: ['search'] }],
    [{ team: { name: 'search' } }],
    [{ team: { $ne: null } }],
    [{ $where: 'sleep(1000)' }],
    [{ 'a.b': 1 }],
    [{ '': 1 }],
    [{ 'a b': 1 }],
    [{ ä: 1 }],
    [{ ['k'.repeat(65)]: 1 }],
    [{ a: Number.NaN }],
    [{ a: Number.POSITIVE_INFINITY }],
    [{ a: 'x'.repeat(501) }],
    [{ a: 'x\0' }],
    [{ a: '\ud800' }],
    [entriesOf(51)],
  ])('rejects %j', async (value) => {
    expect(await send(MetadataBody, { value })).toEqual({ refused: ['/value'] });
  });

  it.each(['x', '\u00e9', '\u65e5', '\u{1f5dd}', '"'])(
    'accepts up to 8192 bytes of JSON in UTF-8 with %j, and rejects more, stating the limit [T44]',
    async (character) => {
      const fits = ofBytes(8192, character === '"' ? 'x' : character);
      expect(Buffer.byteLength(JSON.stringify(fits))).toBe(8192);
      expect(await send(MetadataBody, { value: fits })).toEqual({ accepted: { value: fits } });
      const exceeds = { ...fits, k01: `${fits['k01']}${character}` };
      expect(await send(MetadataBody, { value: exceeds })).toEqual({ refused: ['/value'] });
      expect(() => readOrRefuse(MetadataBody, { value: exceeds })).toThrow(
        expect.objectContaining({
          problem: expect.objectContaining({
            errors: [{ field: '/value', message: 'must take at most 8192 bytes as JSON in UTF-8' }],
          }) as unknown,
        }),
      );
    },
  );

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty'])(
    'rejects or keeps an entry named %s, and never drops it silently',
    async (name) => {
      const written = `{"team":"search","${name}":"x"}`;
      const outcome = JSON.stringify(await send(MetadataBody, { value: JSON.parse(written) as unknown }));
      expect(['{"refused":["/value"]}', `{"accepted":{"value":${written}}}`]).toContain(outcome);
    },
  );
});
