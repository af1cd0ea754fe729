import * as fc from 'fast-check';
import { isExternalId } from '../../api-keys/domain/external-id';
import { translateForeignRecord } from './foreign-record';

const HASH = 'c0'.repeat(32);
const JULY = '2027-07-01T00:00:00.000Z';
const recordOf = (document: unknown): unknown => translateForeignRecord(document).record;

describe('a document of XMem', () => {
  it('becomes a record with all fields translated', () => {
    expect(
      translateForeignRecord({
        _id: { $oid: '64b7f0c2a1b2c3d4e5f60718' },
        user_id: { $oid: '64b7f0c2a1b2c3d4e5f60719' },
        key_prefix: 'xm_Zm9v',
        key_hash: HASH,
        name: 'reader of acme',
        description: 'reads',
        scopes: ['memory:read'],
        org_id: 'acme',
        project_id: 'apollo',
        owner_id: 'ada',
        allowed_ips: ['203.0.113.0/24'],
        is_active: false,
        created_at: { $date: '2024-05-01T08:00:00Z' },
        expires_at: { $date: { $numberLong: String(Date.parse(JULY)) } },
        rateLimit: { limit: 10, windowSeconds: 60 },
        metadata: { team: 'search' },
      }),
    ).toEqual({
      record: {
        hash: HASH,
        name: 'reader of acme',
        description: 'reads',
        scopes: ['memory:read'],
        orgId: 'acme',
        projectId: 'apollo',
        ownerId: 'ada',
        allowedIps: ['203.0.113.0/24'],
        enabled: false,
        createdAt: '2024-05-01T08:00:00Z',
        expiresAt: JULY,
        rateLimits: [{ name: 'default', limit: 10, windowSeconds: 60 }],
        externalId: '64b7f0c2a1b2c3d4e5f60719',
        metadata: { key_prefix: 'xm_Zm9v', team: 'search' },
      },
      warnings: [],
      reasons: [],
    });
  });

  it('may already use the field names of Keyward', () => {
    const record = {
      hash: HASH,
      name: 'of globex',
      scopes: ['a'],
      orgId: 'globex',
      expiresAt: JULY,
      enabled: true,
    };
    expect(translateForeignRecord(record)).toEqual({ record, warnings: [], reasons: [] });
  });

  it.each([
    ['missing', {}],
    ['null', { scopes: null }],
  ])('gets no scopes if its scopes are %s', (_what, document) => {
    expect(recordOf(document)).toEqual({ scopes: [] });
  });

  it('may contain null fields, which count as absent', () => {
    const document = { org_id: null, expires_at: null, user_id: null, metadata: null, last_used: null };
    expect(translateForeignRecord(document)).toEqual({ record: { scopes: [] }, warnings: [], reasons: [] });
  });

  it('is translated without its unknown fields, with a warning', () => {
    expect(translateForeignRecord({ last_used: 1, name: 'reader', Scopes: ['*'] })).toEqual({
      record: { name: 'reader', scopes: [] },
      warnings: ['left out: last_used', 'left out: Scopes'],
      reasons: [],
    });
  });

  it('may contain two names of one field, but is rejected if their values differ', () => {
    const twice = { org_id: 'acme', orgId: 'acme' };
    expect(translateForeignRecord(twice)).toMatchObject({ record: { orgId: 'acme' }, reasons: [] });
    expect(translateForeignRecord({ enabled: false, is_active: true }).reasons).toEqual([
      'enabled and is_active disagree: keep one of them',
    ]);
    expect(translateForeignRecord({ org_id: 'acme', orgId: 'globex' }).reasons).toHaveLength(1);
  });

  it.each<[string, object, unknown]>([
    ['an epoch date before a flag', { revoked_at: 1_764_500_000_000, deleted: false }, 1_764_500_000_000],
    ['an epoch date after a flag', { deleted: false, revoked_at: 1_764_500_000_000 }, 1_764_500_000_000],
    ['a word before a flag', { revoked: 'yes', is_deleted: false }, 'yes'],
    ['a date between flags', { deleted: false, revoked_at: '2026-01-01T00:00:00Z', isRevoked: false }, true],
    ['two flags', { revoked: false, deleted: false }, false],
  ])('never loses evidence of a revocation: %s [T61]', (_what, document, revoked) => {
    expect(recordOf(document)).toMatchObject({ revoked });
  });

  it('is rejected if two names of one field have different values, even if it is revoked', () => {
    const document = { key_hash: '1f'.repeat(32), hash: '2f'.repeat(32), revoked: true };
    expect(translateForeignRecord(document).reasons).toHaveLength(1);
  });

  it('keeps its own metadata if a translated field has the same name', () => {
    const document = { key_prefix: 'xm_Zm9v', metadata: { key_prefix: 'mine' } };
    expect(recordOf(document)).toMatchObject({ metadata: { key_prefix: 'mine' } });
  });

  it.each<[unknown, string]>([
    ['ada', 'ada'],
    [42, '42'],
    [{ $oid: '64b7f0c2a1b2c3d4e5f60719' }, '64b7f0c2a1b2c3d4e5f60719'],
    [{ $uuid: 'a-b' }, 'a-b'],
    [{ $numberLong: '9007199254740993' }, '9007199254740993'],
    [{ $numberInt: '7' }, '7'],
    [
      { $binary: { base64: 'AAECAwQFBgcICQoLDA0ODw==', subType: '04' } },
      '00010203-0405-0607-0809-0a0b0c0d0e0f',
    ],
  ])('with the user %j gets only the external id %s', (user, externalId) => {
    expect(recordOf({ user_id: user })).toEqual({ scopes: [], externalId });
  });

  it('may contain userId instead of user_id, but is rejected if the two values differ', () => {
    expect(recordOf({ userId: 42 })).toEqual({ scopes: [], externalId: '42' });
    expect(recordOf({ userId: 42, user_id: '42' })).toEqual({ scopes: [], externalId: '42' });
    expect(translateForeignRecord({ user_id: 'ada', userId: 'bob' }).reasons).toEqual([
      'user_id and userId disagree: keep one of them',
    ]);
  });

  it('becomes a record with the ids of its organisation and project as text', () => {
    const $oid = '64b7f0c2a1b2c3d4e5f60719';
    expect(recordOf({ org_id: { $oid }, project_id: 42 })).toEqual({
      scopes: [],
      orgId: $oid,
      projectId: '42',
    });
  });

  it('becomes a record with all of its named rate limits', () => {
    const rateLimits = [
      { name: 'burst', limit: 5, windowSeconds: 1 },
      { name: 'daily', limit: { $numberInt: '1000' }, windowSeconds: 86_400 },
    ];
    const { record } = translateForeignRecord({ rateLimits });
    expect(record).toEqual({
      scopes: [],
      rateLimits: [rateLimits[0], { name: 'daily', limit: 1000, windowSeconds: 86_400 }],
    });
    const { reasons } = translateForeignRecord({ rateLimits, rateLimit: { limit: 1, windowSeconds: 1 } });
    expect(reasons).toEqual(['rateLimits and rateLimit disagree: keep one of them']);
  });

  it('becomes a record with the numbers of extended JSON as plain numbers', () => {
    const rateLimit = { limit: { $numberInt: '10' }, windowSeconds: { $numberLong: '60' } };
    const metadata = { seats: { $numberInt: '5' }, share: { $numberDouble: '0.5' }, team: { $oid: 'a' } };
    expect(recordOf({ rateLimit, metadata })).toEqual({
      scopes: [],
      rateLimits: [{ name: 'default', limit: 10, windowSeconds: 60 }],
      metadata: { seats: 5, share: 0.5, team: 'a' },
    });
  });

  it.each([true, 1.5, 9_007_199_254_740_992, '', 'Ada L.', ['acme'], {}, { $oid: 7 }, { $oid: 'a', b: 1 }])(
    'keeps the invalid user id %j, so that the import rejects it',
    (user) => {
      const { externalId } = recordOf({ user_id: user }) as { externalId: unknown };
      expect(typeof externalId === 'string' && isExternalId(externalId)).toBe(false);
      expect(externalId).toBeDefined();
    },
  );

  it.each([
    ['externalId', 'user_id'],
    ['external_id', 'user_id'],
    ['externalId', 'userId'],
  ])('with both %s and %s keeps only the first, with a warning', (name, user) => {
    expect(translateForeignRecord({ [user]: 'ada', [name]: 'cust-7' })).toEqual({
      record: { scopes: [], externalId: 'cust-7' },
      warnings: [`left out: ${user}`],
      reasons: [],
    });
  });
});

describe('a date in extended JSON', () => {
  it.each<[string, unknown, string]>([
    ['text', JULY, JULY],
    ['text with an offset', '2027-07-01T02:00:00+02:00', '2027-07-01T02:00:00+02:00'],
    ['text without an offset, which stays unchanged', '2027-07-01T00:00:00', '2027-07-01T00:00:00'],
    ['text with the offset +0000', '2027-07-01T00:00:00.000+0000', '2027-07-01T00:00:00.000+00:00'],
    ['text with the offset -0530', '2027-07-01T00:00:00-0530', '2027-07-01T00:00:00-05:30'],
    ['milliseconds', Date.parse(JULY), JULY],
    ['a long number', { $numberLong: String(Date.parse(JULY)) }, JULY],
    ['a moment before 1970', { $numberLong: '-1' }, '1969-12-31T23:59:59.999Z'],
    ['the first moment', 0, '1970-01-01T00:00:00.000Z'],
  ])('may be %s', (_what, $date, text) => {
    expect(recordOf({ expires_at: { $date } })).toEqual({ scopes: [], expiresAt: text });
  });

  it.each([
    ['2027-07-01T02:00:00.123456+0200', '2027-07-01T02:00:00.123456+02:00'],
    ['2027-07-01 02:00:00+02:00', '2027-07-01T02:00:00+02:00'],
    ['2027-07-01 00:00:00.5+00', '2027-07-01T00:00:00.5+00:00'],
    ['2027-07-01 00:00:00 UTC', '2027-07-01T00:00:00Z'],
    ['2027-07-01 00:00:00', '2027-07-01 00:00:00'],
    ['2027-07-01', '2027-07-01'],
    ['soon', 'soon'],
  ])('may be plain text; it is converted to RFC 3339 if it has an offset: %s', (written, text) => {
    expect(recordOf({ expires_at: written })).toEqual({ scopes: [], expiresAt: text });
  });

  it('is converted to the same moment, for any date', () => {
    const moments = fc.date({
      min: new Date(0),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moments, (moment) => {
        const written = { $date: { $numberLong: String(moment.getTime()) } };
        expect(recordOf({ created_at: written })).toEqual({ scopes: [], createdAt: moment.toISOString() });
      }),
    );
  });

  it.each<[string, unknown]>([
    ['not a number', { $numberLong: 'acme' }],
    ['an empty object', {}],
    ['a long number that is too large', { $numberLong: '99999999999999999999' }],
    ['a number that is too large', 8.64e15 + 1],
  ])('stays unchanged if it is %s', (_what, $date) => {
    expect(recordOf({ expires_at: { $date } })).toEqual({ scopes: [], expiresAt: { $date } });
  });

  it('never becomes null, because a key with the expiry null never expires', () => {
    expect(recordOf({ expires_at: { $date: null } })).not.toMatchObject({ expiresAt: null });
  });

  it.each<[string, unknown]>([
    ['empty', ''],
    ['blank', ' '],
    ['null', null],
    ['a list', []],
    ['a boolean', true],
  ])('stays unchanged if its $numberLong is %s', (_what, $numberLong) => {
    const $date = { $numberLong };
    expect(recordOf({ expires_at: { $date } })).toEqual({ scopes: [], expiresAt: { $date } });
  });
});

describe('the translation of hostile input', () => {
  it.each([null, 'acme', 42, true, ['acme'], []])(
    'does not change a value that is not a document: %j',
    (document) => {
      expect(translateForeignRecord(document)).toEqual({ record: document, warnings: [], reasons: [] });
    },
  );

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    'leaves out a field with the name %s',
    (name) => {
      const document: unknown = JSON.parse(`{"${name}":{"enabled":true,"orgId":"globex"},"name":"reader"}`);
      const { record, warnings } = translateForeignRecord(document);
      expect(record).toEqual({ name: 'reader', scopes: [] });
      expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
      expect(warnings).toEqual([`left out: ${name}`]);
    },
  );

  it('does not replace the prototype of metadata with its member __proto__', () => {
    const document: unknown = JSON.parse('{"key_prefix":"xm_","metadata":{"__proto__":{"team":"globex"}}}');
    const { record } = translateForeignRecord(document) as { record: { metadata: object } };
    expect(Object.getPrototypeOf(record.metadata)).toBe(Object.prototype);
    expect(record.metadata).not.toHaveProperty('team');
  });

  it.each([
    ['a text', 'acme'],
    ['a list', ['acme']],
    ['a number', 7],
  ])('keeps invalid metadata, so that the import rejects it: %s', (_what, metadata) => {
    expect(recordOf({ metadata, key_prefix: 'xm_' })).toEqual({ scopes: [], metadata });
  });

  it.each(['*', {}, { $ne: null }, 0, ''])(
    'keeps invalid scopes, so that the import rejects them: %j',
    (scopes) => {
      expect(recordOf({ scopes })).toEqual({ scopes });
    },
  );

  it('never throws, and never adds scopes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (document) => {
        const { record } = translateForeignRecord(document);
        const named =
          typeof document === 'object' &&
          document !== null &&
          !Array.isArray(document) &&
          'scopes' in document;
        const isDocument = typeof document === 'object' && document !== null && !Array.isArray(document);
        expect(isDocument && !named ? record : { scopes: [] }).toMatchObject({ scopes: [] });
      }),
    );
  });
});
