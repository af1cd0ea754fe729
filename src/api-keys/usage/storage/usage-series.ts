import type { UsageSubject, UsageTally } from '../../domain/usage';

/**
 * Returns the name of the counts of a subject, which is the beginning of the ids of its documents. Names of tenants and
 * owners are escaped, so that `/` separates the parts. No part of a name is ever the name of a field.
 */
export function seriesOf({ keyId, orgId, ownerId }: UsageSubject): string {
  if (keyId !== undefined) return keyId;
  if (orgId === undefined) return ownerId === undefined ? 'all' : `owner/${escaped(ownerId)}`;
  return ownerId === undefined ? `org/${escaped(orgId)}` : `pair/${escaped(orgId)}/${escaped(ownerId)}`;
}

/** Returns the names of all sums to which the counts of a tally belong, apart from the key's own. */
export function sumsOf({ orgId = '', ownerId = '' }: UsageTally): readonly string[] {
  return [{}, { orgId }, { ownerId }, { orgId, ownerId }].map(seriesOf);
}

/** Returns the name of the organisation or owner in an escaped part of a series; `null` if the keys have none. */
export function nameIn(part: string): string | null {
  return part === '' ? null : decodeURIComponent(part);
}

/** Returns a name with only the characters `A-Z a-z 0-9 - _ . ! ~ * ' ( ) %`. Replaces lone surrogates. */
function escaped(name: string): string {
  return encodeURIComponent(Buffer.from(name).toString());
}
