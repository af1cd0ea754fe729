import Negotiator from 'negotiator';

/** The media type of one JSON document per line. */
export const NDJSON_TYPE = 'application/x-ndjson';
/** The media type of a list in JSON. */
export const JSON_TYPE = 'application/json';
/** The media type of comma-separated values (RFC 4180). */
export const CSV_TYPE = 'text/csv';

/** Returns the type that an `Accept` header prefers; the first type if it accepts none of them. */
export function preferredType<T extends string>(accept: string | undefined, types: readonly [T, ...T[]]): T {
  const preferred = new Negotiator({ headers: { accept } }).mediaType([...types]);
  return types.find((type) => type === preferred) ?? types[0];
}

/**
 * Returns the `Link` header of the next page as a relative reference (RFC 3986 section 4.2), which also works behind a
 * proxy.
 *
 * @param query the query of this page by parameter
 */
export function nextPageLink(query: object, cursor: string): string {
  const given = Object.entries<string | number | undefined>({ ...query, cursor });
  const sent = given.flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return `<?${new URLSearchParams(sent).toString()}>; rel="next"`;
}

/** Returns a row of CSV as RFC 4180 describes it, without its line end. */
export function csvRow(cells: readonly (string | number)[]): string {
  return cells.map(csvCell).join(',');
}

/** Quotes text, and makes it harmless as a formula: spreadsheets run cells that begin with these characters (OWASP). */
function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const harmless = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return `"${harmless.replaceAll('"', '""')}"`;
}
