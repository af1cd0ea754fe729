import { isDeepStrictEqual } from 'node:util';
import { dateOf, idOf, isDocument, plainOf } from './extended-json';
import { lossOf, plainName, shown } from './lost-fields';
import { mapScopes, type ScopeMap } from './scope-map';

/** A record as the importer takes it. */
export interface TranslatedRecord {
  readonly record: unknown;
  /** What was left out of it or changed. */
  readonly warnings: readonly string[];
  /** Why it must not be imported; empty if it may be. */
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
  user_id: 'userId',
};

const unchanged = (value: unknown): unknown => value;

/** How the value of each field is read. */
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
  rateLimit: plainOf,
};

const REVOKED = /^(?:is)?(?:revoked|deleted)(?:at|on|date|time)?$/;

const DATE = /^\d{4}-\d{2}-\d{2}/;

/**
 * Translates one document of another system, such as a line of `mongoexport`, into a record. It understands names in snake
 * case and values in MongoDB's extended JSON. `null` means absent, and a missing list of scopes is an empty one. Unknown
 * fields are left out with a warning, unless they may have ended or restricted the key: such a document must be refused.
 *
 * `user_id` or `userId` becomes the external id, which no holder of the key can change. `key_prefix` goes to metadata.
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
    // The import creates no key for a revoked record, so that nothing can get lost.
    reasons: record['revoked'] === true ? conflicts : [...conflicts, ...losses],
  };
}

/** What two fields say together: a yes counts, and so does what is neither yes nor no. */
function eitherRevoked(former: unknown, next: unknown): unknown {
  return former === undefined || former === false || next === true ? next : former;
}

function textOf(value: unknown): unknown {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Whether a field about a revocation says that there was one. What is neither yes nor no stays as it is, to be refused. */
function saysRevoked(value: unknown): unknown {
  if (typeof value === 'boolean') return value;
  const date = dateOf(value);
  return typeof date === 'string' && DATE.test(date) ? true : value;
}
