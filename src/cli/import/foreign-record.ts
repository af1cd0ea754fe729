import { isDeepStrictEqual } from 'node:util';
import { DEFAULT_LIMIT_NAME } from '../../api-keys/domain/rate-limit';
import { dateOf, idOf, isDocument, plainOf } from './extended-json';
import { lossOf, plainName, shown } from './lost-fields';
import { mapScopes, type ScopeMap } from './scope-map';

/** A document translated into a record for the import. */
export interface TranslatedRecord {
  readonly record: unknown;
  /** What was left out or changed. */
  readonly warnings: readonly string[];
  /** Why the record must not be imported; empty if it can be imported. */
  readonly reasons: readonly string[];
}

const NAMES: Readonly<Record<string, string>> = {
  key_hash: 'hash',
  expires_at: 'expiresAt',
  org_id: 'orgId',
  project_id: 'projectId',
  created_at: 'createdAt',
  is_active: 'enabled',
  owner_id: 'ownerId',
  allowed_ips: 'allowedIps',
  external_id: 'externalId',
  rateLimit: 'rateLimits',
  user_id: 'userId',
};

const unchanged = (value: unknown): unknown => value;

/** The function that translates the value of each field. */
const READERS: Readonly<Record<string, (value: unknown) => unknown>> = {
  hash: unchanged,
  name: unchanged,
  description: unchanged,
  scopes: unchanged,
  enabled: unchanged,
  allowedIps: unchanged,
  orgId: idOf,
  projectId: idOf,
  ownerId: idOf,
  externalId: idOf,
  userId: idOf,
  createdAt: dateOf,
  expiresAt: dateOf,
  metadata: plainOf,
  rateLimits: limitsOf,
};

/** Returns a list of limits. A single limit may have no name, as in the exports of former releases. */
function limitsOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => plainOf(each));
  const plain = plainOf(value);
  return isDocument(plain) ? [{ name: DEFAULT_LIMIT_NAME, ...plain }] : plain;
}

const REVOKED = /^(?:is)?(?:revoked|deleted)(?:at|on|date|time)?$/;

const DATE = /^\d{4}-\d{2}-\d{2}/;

/**
 * Translates one document of another system, such as a line of `mongoexport`, into a record. Accepts names in snake
 * case and values in MongoDB's extended JSON. Treats `null` as absent, and a missing list of scopes as empty. Leaves
 * out unknown fields with a warning. If an unknown field may end or restrict the key, returns a reason not to import
 * it.
 *
 * `user_id` or `userId` becomes the external id, which no holder of the key can change. `key_prefix` becomes metadata.
 */
export function translateForeignRecord(
  document: unknown,
  scopeMap: ScopeMap = new Map<string, readonly string[]>(),
): TranslatedRecord {
  if (!isDocument(document)) return { record: document, warnings: [], reasons: [] };
  const record: Record<string, unknown> = { scopes: [] };
  const named = new Map<string, string>();
  const metadata: Record<string, unknown> = {};
  const dropped: string[] = [];
  const losses: string[] = [];
  const conflicts: string[] = [];
  for (const [name, value] of Object.entries(document)) {
    if (value === null || name === '_id') continue;
    const field = Object.hasOwn(NAMES, name) ? (NAMES[name] ?? name) : name;
    const read = Object.hasOwn(READERS, field) ? READERS[field] : undefined;
    if (name === 'key_prefix') metadata[name] = textOf(value);
    else if (read !== undefined) {
      const former = named.get(field);
      const next = read(value);
      if (former !== undefined && !isDeepStrictEqual(record[field], next)) {
        conflicts.push(`${former} and ${name} disagree: keep one of them`);
      }
      named.set(field, name);
      record[field] = next;
    } else if (REVOKED.test(plainName(name)))
      record['revoked'] = eitherRevoked(record['revoked'], saysRevoked(value));
    else {
      const loss = lossOf(name, value);
      if (loss === undefined) dropped.push(shown(name));
      else losses.push(loss);
    }
  }
  const user = named.get('userId');
  if (user !== undefined && 'externalId' in record) dropped.push(user);
  else if (user !== undefined) record['externalId'] = record['userId'];
  delete record['userId'];
  const own = record['metadata'] ?? {};
  if (Object.keys(metadata).length > 0 && isDocument(own)) record['metadata'] = { ...metadata, ...own };
  record['scopes'] = mapScopes(record['scopes'], scopeMap);
  return {
    record,
    warnings: dropped.map((name) => `left out: ${name}`),
    // The import creates no key for a revoked record, so no restriction can get lost.
    reasons: record['revoked'] === true ? conflicts : [...conflicts, ...losses],
  };
}

/**
 * Combines the values of two fields about a revocation. `true` takes precedence over all values, and an unclear value
 * over `false`.
 */
function eitherRevoked(former: unknown, next: unknown): unknown {
  return former === undefined || former === false || next === true ? next : former;
}

function textOf(value: unknown): unknown {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * Returns whether the value of a field about a revocation means that the key is revoked. Returns an unclear value
 * unchanged, so that the import rejects it.
 */
function saysRevoked(value: unknown): unknown {
  if (typeof value === 'boolean') return value;
  const date = dateOf(value);
  return typeof date === 'string' && DATE.test(date) ? true : value;
}
