import { randomBytes, randomInt } from 'node:crypto';
import { hashToken } from '../../src/api-keys/domain/token/key-token';

/** The expected decision about a key when `memory:read` is required in the key's own tenant. */
type Code = 'VALID' | 'DISABLED' | 'EXPIRED' | 'INSUFFICIENT_SCOPE';

/** A key of XMem: its token, its document, and the expected behaviour after the import. */
export interface XMemKey {
  readonly what: string;
  readonly token: string;
  /** The document as `mongoexport` writes it, before the cut-over. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly code: Code;
  /** Whether XMem revokes the key between the first import and the cut-over. */
  readonly isRevokedLater: boolean;
  /** Whether XMem creates the key between the first import and the cut-over. */
  readonly isCreatedLater: boolean;
}

interface Case {
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly without?: readonly string[];
  readonly code?: Code;
  readonly later?: 'revoked' | 'created';
}

const YEAR_2099 = '4070908800000';

const CASES: Readonly<Record<string, Case>> = {
  'all defaults': {},
  'all defaults, in use': { fields: { last_used: { $date: '2026-10-01T08:00:00.5Z' } } },
  'a name': { fields: { name: 'ingest worker' } },
  'all defaults, revoked later': { later: 'revoked' },
  'one scope': { fields: { scopes: ['memory:read'] } },
  'several scopes': { fields: { scopes: ['memory:read', 'memory:write'] } },
  'a scope with a wildcard': { fields: { scopes: ['memory:*'] } },
  'a scope that allows something else': { fields: { scopes: ['report:read'] }, code: 'INSUFFICIENT_SCOPE' },
  'no scopes': { fields: { scopes: [] }, code: 'INSUFFICIENT_SCOPE' },
  'none of the later fields': {
    without: ['scopes', 'org_id', 'project_id', 'expires_at'],
    code: 'INSUFFICIENT_SCOPE',
  },
  'an organisation': { fields: { org_id: 'acme' } },
  'an organisation and a project': { fields: { org_id: 'acme', project_id: 'apollo' } },
  'another organisation, revoked later': {
    fields: { org_id: 'globex', scopes: ['memory:read'] },
    later: 'revoked',
  },
  'an expiry': { fields: { expires_at: { $date: '2099-01-01T00:00:00Z' } } },
  'an expiry in the canonical form': { fields: { expires_at: { $date: { $numberLong: YEAR_2099 } } } },
  'an expiry that is past': { fields: { expires_at: { $date: '2024-06-01T00:00:00Z' } }, code: 'EXPIRED' },
  'a revocation': { fields: { is_active: false }, code: 'DISABLED' },
  'an empty name': { fields: { name: '' } },
  'a name of 120 characters': { fields: { name: 'n'.repeat(120) } },
  'dates and ids of an older mongoexport, created later': {
    fields: {
      user_id: { $oid: '64b7f0c2a1b2c3d4e5f60719' },
      created_at: { $date: '2024-05-01T08:00:00.123+0000' },
      expires_at: { $date: '2099-01-01T00:00:00.000+0000' },
    },
    later: 'created',
  },
};

/** Returns one key of XMem with a random token for each of {@link CASES}. */
export function xmemKeys(): readonly XMemKey[] {
  return Object.entries(CASES).map(([what, { fields, without = [], code = 'VALID', later }]) => {
    const token = `xmem_${randomText(43)}`;
    const written: Record<string, unknown> = {
      _id: { $oid: randomBytes(12).toString('hex') },
      user_id: '64b7f0c2a1b2c3d4e5f60718',
      key_hash: hashToken(token),
      key_prefix: token.slice(0, 8),
      name: 'Default',
      created_at: { $date: '2024-05-01T08:00:00.123Z' },
      last_used: null,
      is_active: true,
      scopes: ['*'],
      org_id: null,
      project_id: null,
      expires_at: null,
      ...fields,
    };
    const document = Object.fromEntries(Object.entries(written).filter(([name]) => !without.includes(name)));
    return {
      what,
      token,
      document,
      code,
      isRevokedLater: later === 'revoked',
      isCreatedLater: later === 'created',
    };
  });
}

/** Returns the documents of the first export. */
export function firstExport(keys: readonly XMemKey[]): readonly object[] {
  return keys.filter(({ isCreatedLater }) => !isCreatedLater).map(({ document }) => document);
}

/** Returns the documents that XMem exports on the day of the move to Keyward. A revoked key has `is_active: false`. */
export function lastExport(keys: readonly XMemKey[]): readonly object[] {
  return keys.map(({ document, isRevokedLater }) =>
    isRevokedLater ? { ...document, is_active: false } : document,
  );
}

function randomText(length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}
