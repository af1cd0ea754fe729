type Fields = Readonly<Record<string, unknown>>;

/** A record as the importer takes it, and what was left out of it. */
export interface TranslatedRecord {
  readonly record: unknown;
  readonly warnings: readonly string[];
}

const WHOLE_NUMBER = /^-?\d+$/;

/** How extended JSON writes ids that are not text. */
const WRAPPED_IDS: ReadonlySet<string> = new Set(['$oid', '$uuid', '$numberInt', '$numberLong']);

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
};

const KEPT: ReadonlySet<string> = new Set([
  ...Object.values(NAMES),
  'name',
  'description',
  'scopes',
  'metadata',
  'rateLimit',
]);

/**
 * Translates one document of a foreign system, such as a line of `mongoexport`, into a record. Names in snake case
 * and values in MongoDB's extended JSON are understood, null means absent, and what has no place is left out with a
 * warning. A list of scopes that is missing is an empty one. `user_id` becomes the external id, which no holder of the
 * key can change; one that is no possible external id is handed on, and the import refuses the record. `key_prefix` goes
 * to metadata.
 */
export function translateForeignRecord(document: unknown): TranslatedRecord {
  if (!isDocument(document)) return { record: document, warnings: [] };
  const record: Record<string, unknown> = { scopes: [] };
  const metadata: Record<string, unknown> = {};
  const dropped: string[] = [];
  let userId: unknown;
  for (const [name, value] of Object.entries(document)) {
    const field = NAMES[name] ?? name;
    if (value === null || name === '_id') continue;
    if (name === 'key_prefix') metadata[name] = textOf(value);
    else if (name === 'user_id') userId = value;
    else if (field === 'externalId') record[field] = idOf(value);
    else if (KEPT.has(field)) record[field] = dateOf(value);
    else dropped.push(name);
  }
  if (userId !== undefined && 'externalId' in record) dropped.push('user_id');
  else if (userId !== undefined) record['externalId'] = idOf(userId);
  const own = record['metadata'] ?? {};
  if (Object.keys(metadata).length > 0 && isDocument(own)) record['metadata'] = { ...metadata, ...own };
  return { record, warnings: dropped.map((name) => `left out: ${name}`) };
}

function isDocument(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): unknown {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The text of an id: of a whole number, or of an id in extended JSON. What is neither stays as it is, to be refused. */
function idOf(value: unknown): unknown {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  const [entry, ...others] = isDocument(value) ? Object.entries(value) : [];
  if (entry === undefined || others.length > 0) return value;
  return WRAPPED_IDS.has(entry[0]) ? entry[1] : value;
}

/** `{"$date": …}` of extended JSON is a moment in UTC, as text or in milliseconds; what is none stays as it is. */
function dateOf(value: unknown): unknown {
  if (!isDocument(value) || !('$date' in value)) return value;
  const written = value['$date'];
  if (typeof written === 'string') return written;
  const date = new Date(millisOf(written));
  return Number.isNaN(date.getTime()) ? value : date.toISOString();
}

function millisOf(written: unknown): number {
  const long = isDocument(written) ? written['$numberLong'] : undefined;
  if (typeof long === 'string' && WHOLE_NUMBER.test(long)) return Number(long);
  return typeof written === 'number' ? written : Number.NaN;
}
