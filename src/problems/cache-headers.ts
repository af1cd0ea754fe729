import type { AbstractHttpAdapter } from '@nestjs/core';

/** The headers that may contain a credential. */
export const CREDENTIAL_HEADERS = ['Authorization', 'X-API-Key'] as const;

type Headers = Pick<AbstractHttpAdapter, 'getHeader' | 'setHeader'>;

const BY_CREDENTIALS = CREDENTIAL_HEADERS.join(', ');

/**
 * Keeps the response to a request with a possible credential out of caches, by `Cache-Control: no-store`. Adds the headers
 * that the response depends on to `Vary`: a cache that stores it regardless must not return it for another credential.
 *
 * @param headers the headers that the response depends on
 */
export function keepFromCaches(
  adapter: Headers,
  response: unknown,
  headers: readonly string[] = CREDENTIAL_HEADERS,
): void {
  adapter.setHeader(response, 'Cache-Control', 'no-store');
  varyBy(adapter, response, headers);
}

/** Adds to `Vary` the headers that a response depends on. */
export function varyBy(adapter: Headers, response: unknown, headers: readonly string[]): void {
  adapter.setHeader(
    response,
    'Vary',
    variedBy(adapter.getHeader(response, 'Vary') as string | string[] | undefined, headers),
  );
}

/** Returns a `Vary` value with the given headers added to those that it already names. */
export function variedBy(
  present: number | string | readonly string[] | undefined,
  headers: readonly string[] = CREDENTIAL_HEADERS,
): string {
  if (present === undefined && headers === CREDENTIAL_HEADERS) return BY_CREDENTIALS;
  const named = [present ?? []]
    .flat()
    .join(', ')
    .split(/\s*,\s*/)
    .filter(Boolean);
  const missing = headers.filter((header) => !named.some((each) => isSameName(each, header)));
  return named.includes('*') ? '*' : [...named, ...missing].join(', ');
}

function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
