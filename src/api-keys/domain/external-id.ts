import type { Caller } from './caller';

const EXTERNAL_ID = /^[!-~]{1,128}$/;

/** Returns whether a text can be an external id: 1 to 128 visible ASCII characters, so that a header can carry it. */
export function isExternalId(text: string): boolean {
  return EXTERNAL_ID.test(text);
}

/**
 * Returns whether a caller may decide the external id of a key. A host takes it for the identity of a customer, so no
 * customer may choose it: neither a bound caller nor one with an owner, see decision record 0059.
 */
export function maySetExternalId({ grant, orgIds }: Caller): boolean {
  const { orgId, projectId, ownerId } = grant;
  return [orgId, projectId, ownerId, orgIds].every((part) => part === undefined);
}
