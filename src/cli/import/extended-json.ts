type Fields = Readonly<Record<string, unknown>>;

const WHOLE_NUMBER = /^-?\d+$/;

/**
 * Matches the dates of older MongoDB tools, Python and PostgreSQL. They may contain a space instead of `T`, or an
 * offset without a colon.
 */
const LOOSE_DATE =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?) ?(?:(Z|UTC)|([+-]\d{2}):?(\d{2})?)$/i;

const WRAPPED_TEXTS: ReadonlySet<string> = new Set(['$oid', '$uuid']);
const WRAPPED_NUMBERS: ReadonlySet<string> = new Set(['$numberInt', '$numberLong', '$numberDouble']);

/** The subtype of binary values that are UUIDs. */
const UUID_SUBTYPE = '04';

/** The maximum depth of nested values. Valid records are less deep. */
const MAX_DEPTH = 4;

/** Returns whether a value is a JSON object. */
export function isDocument(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Returns an id as text, if it is a whole number or an id in extended JSON. Returns any other value unchanged; if it is
 * not text, the import rejects it.
 */
export function idOf(value: unknown): unknown {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  const wrapped = wrappedIn(value);
  if (wrapped === undefined) return value;
  const [type, content] = wrapped;
  if (type === '$binary') return uuidOf(content) ?? value;
  return WRAPPED_TEXTS.has(type) || WRAPPED_NUMBERS.has(type) ? content : value;
}

/**
 * Converts a date to RFC 3339. The date is `{"$date": …}` with text or milliseconds, or text with an offset such as
 * `+0000`. Returns anything else unchanged, such as text without an offset. The import then rejects it if it is not RFC
 * 3339.
 */
export function dateOf(value: unknown): unknown {
  if (typeof value === 'string') return rfc3339Of(value);
  if (!isDocument(value) || !('$date' in value)) return value;
  const written = value['$date'];
  if (typeof written === 'string') return rfc3339Of(written);
  const date = new Date(millisOf(written));
  return Number.isNaN(date.getTime()) ? value : date.toISOString();
}

/** Converts the ids, numbers and dates of extended JSON in a value to plain JSON. */
export function plainOf(value: unknown, depth = 0): unknown {
  if (!isDocument(value) || depth === MAX_DEPTH) return value;
  const [type = '', content] = wrappedIn(value) ?? [];
  if (WRAPPED_NUMBERS.has(type)) return typeof content === 'string' ? Number(content) : value;
  if (type.startsWith('$')) return type === '$date' ? dateOf(value) : idOf(value);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plainOf(each, depth + 1)]));
}

/** Returns the name and value of the only member of an object. */
function wrappedIn(value: unknown): readonly [string, unknown] | undefined {
  const [entry, ...others] = isDocument(value) ? Object.entries(value) : [];
  return others.length > 0 ? undefined : entry;
}

function rfc3339Of(text: string): string {
  const match = LOOSE_DATE.exec(text);
  if (match === null) return text;
  const [, day = '', time = '', utc, hours = '', minutes = '00'] = match;
  return `${day}T${time}${utc === undefined ? `${hours}:${minutes}` : 'Z'}`;
}

function millisOf(written: unknown): number {
  const long = isDocument(written) ? written['$numberLong'] : undefined;
  if (typeof long === 'string' && WHOLE_NUMBER.test(long)) return Number(long);
  return typeof written === 'number' ? written : Number.NaN;
}

function uuidOf(binary: unknown): string | undefined {
  if (!isDocument(binary) || binary['subType'] !== UUID_SUBTYPE) return undefined;
  const hex = Buffer.from(String(binary['base64']), 'base64').toString('hex');
  return hex.length === 32 ? hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : undefined;
}
