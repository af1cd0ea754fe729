import type { AbstractHttpAdapter } from '@nestjs/core';

/** The headers that may contain a credential. */
export const CREDENTIAL_HEADERS = ['Authorization', 'X-API-Key'] as const;

type Headers = Pick<AbstractHttpAdapter, 'getHeader' | 'setHeader'>;

const BY_CREDENTIALS = CREDENTIAL_HEADERS.join(', ');

/**
 * Prevents caches from storing the response to a request that may contain a credential, with `Cache-Control: no-store`.
 * Also adds the headers that the response depends on to `Vary`. A cache that ignores `no-store` then does not return
 * the response for another credential.
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

/** Adds the headers that a response depends on to `Vary`. */
export function varyBy(adapter: Headers, response: unknown, headers: readonly string[]): void {
  adapter.setHeader(
    response,
    'Vary',
    variedBy(adapter.getHeader(response, 'Vary') as string | string[] | undefined, headers),
  );
}

/** Returns a `Vary` value that names the present headers and the given ones. */
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
