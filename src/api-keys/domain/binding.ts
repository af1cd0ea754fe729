/** The form of the id of an organisation or a project. */
export const TENANT_ID = /^[A-Za-z0-9._~:@-]{1,128}$/;

/** The organisation and project a key is bound to. A part that is absent does not bind. */
export interface Binding {
  readonly orgId?: string | undefined;
  readonly projectId?: string | undefined;
}

/** The organisation and project that a request names. A part that is absent was not named. */
export type TenantContext = Binding;

/** Whether `text` may name an organisation or a project: 1 to 128 characters of `[A-Za-z0-9._~:@-]`. */
export function isTenantId(text: string): boolean {
  return TENANT_ID.test(text);
}

/**
 * Whether every part that `binding` binds is named equally by `context`. Compared exactly; a part that the
 * context does not name is a mismatch, so that leaving a header out never helps.
 */
export function bindingMatches(binding: Binding, context: TenantContext): boolean {
  return (
    (binding.orgId === undefined || binding.orgId === context.orgId) &&
    (binding.projectId === undefined || binding.projectId === context.projectId)
  );
}

/** Whether a key is bound, in some part that `viewpoint` binds, to another value. An unbound part is nowhere else. */
export function isBoundElsewhere(key: Binding, viewpoint: Binding): boolean {
  return differs(key.orgId, viewpoint.orgId) || differs(key.projectId, viewpoint.projectId);
}

function differs(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && other !== undefined && one !== other;
}
