type Fields = Readonly<Record<string, unknown>>;

const WHOLE_NUMBER = /^-?\d+$/;

/** Dates as MongoDB's older tools, Python and PostgreSQL write them: with a space, or an offset without a colon. */
const LOOSE_DATE =
  /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?) ?(?:(Z|UTC)|([+-]\d{2}):?(\d{2})?)$/i;

const WRAPPED_TEXTS: ReadonlySet<string> = new Set(['$oid', '$uuid']);
const WRAPPED_NUMBERS: ReadonlySet<string> = new Set(['$numberInt', '$numberLong', '$numberDouble']);

/** The subtype of a UUID among binary values. */
const UUID_SUBTYPE = '04';

/** No value that is taken here is nested as deeply. */
const MAX_DEPTH = 4;

/** Whether a value is a JSON object. */
export function isDocument(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the text of an id: of a whole number, or of an id in extended JSON. Anything else is returned as it is, for the import to refuse. */
export function idOf(value: unknown): unknown {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  const wrapped = wrappedIn(value);
  if (wrapped === undefined) return value;
  const [type, content] = wrapped;
  if (type === '$binary') return uuidOf(content) ?? value;
  return WRAPPED_TEXTS.has(type) || WRAPPED_NUMBERS.has(type) ? content : value;
}

/**
 * Returns a date as RFC 3339 writes it: of `{"$date": …}`, which is text or milliseconds, or of text with an offset such
 * as `+0000`. Text without an offset and whatever is no date are returned as they are, for the import to refuse.
 */
export function dateOf(value: unknown): unknown {
  if (typeof value === 'string') return rfc3339Of(value);
  if (!isDocument(value) || !('$date' in value)) return value;
  const written = value['$date'];
  if (typeof written === 'string') return rfc3339Of(written);
  const date = new Date(millisOf(written));
  return Number.isNaN(date.getTime()) ? value : date.toISOString();
}

/** Returns a value with the ids, numbers and dates of extended JSON in it as plain JSON. */
export function plainOf(value: unknown, depth = 0): unknown {
  if (!isDocument(value) || depth === MAX_DEPTH) return value;
  const [type = '', content] = wrappedIn(value) ?? [];
  if (WRAPPED_NUMBERS.has(type)) return typeof content === 'string' ? Number(content) : value;
  if (type.startsWith('$')) return type === '$date' ? dateOf(value) : idOf(value);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plainOf(each, depth + 1)]));
}

/** The only member of an object, with its name. */
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
