/** The format of the id of an organisation or a project. */
export const TENANT_ID = /^[A-Za-z0-9._~:@-]{1,128}$/;

/** The organisation and project that a key is bound to. An absent part does not limit the key. */
export interface Binding {
  readonly orgId?: string | undefined;
  readonly projectId?: string | undefined;
}

/** The organisation and project that a request names. The request does not name an absent part. */
export type TenantContext = Binding;

/** Returns whether `text` is a valid id of an organisation or a project: 1 to 128 characters of `[A-Za-z0-9._~:@-]`. */
export function isTenantId(text: string): boolean {
  return TENANT_ID.test(text);
}

/**
 * Returns whether `context` names exactly the values that `binding` requires. A required part that the context does
 * not name is a mismatch, so that a request gains nothing by omitting a header.
 */
export function bindingMatches(binding: Binding, context: TenantContext): boolean {
  return (
    (binding.orgId === undefined || binding.orgId === context.orgId) &&
    (binding.projectId === undefined || binding.projectId === context.projectId)
  );
}

/** Returns whether a key and `viewpoint` are bound to different tenants. A part that either of them lacks never differs. */
export function isBoundElsewhere(key: Binding, viewpoint: Binding): boolean {
  return differs(key.orgId, viewpoint.orgId) || differs(key.projectId, viewpoint.projectId);
}

function differs(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}
