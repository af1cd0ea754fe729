import type { VerificationCode } from 'keyward';
import type { DoorsHost } from './doors-host';
import { postForm } from './form';
import type { HttpAnswer } from './http-client';

/** The scope and the tenant for which a decision about a token is requested. */
export interface Question {
  readonly scope?: 'memory:read' | undefined;
  readonly orgId?: string | undefined;
  readonly projectId?: string | undefined;
}

/** The answers of the guard and the three decision endpoints, as text that is easy to compare. */
export interface Said {
  readonly guard: string;
  readonly forwardAuth: string;
  readonly verify: string;
  readonly introspect: string;
}

/**
 * The expected answers for each code. Introspection differs, because it is asked without a scope and has no rate limit.
 */
export const SAYINGS: Readonly<Record<VerificationCode, Said>> = {
  VALID: saying('VALID', { guard: '200', forwardAuth: '200', known: true }),
  RATE_LIMITED: saying('RATE_LIMITED', { refusal: '429 rate_limited', known: true, introspect: 'active' }),
  MALFORMED: saying('MALFORMED', { refusal: '401 malformed_token', known: false }),
  NOT_FOUND: saying('NOT_FOUND', { refusal: '401 invalid_token', known: false }),
  ROTATED: saying('ROTATED', { refusal: '401 key_rotated', known: true }),
  REVOKED: saying('REVOKED', { refusal: '401 key_revoked', known: true }),
  DISABLED: saying('DISABLED', { refusal: '401 key_disabled', known: true }),
  EXPIRED: saying('EXPIRED', { refusal: '401 key_expired', known: true }),
  OWNER_DISABLED: saying('OWNER_DISABLED', { refusal: '401 owner_disabled', known: true }),
  TENANT_SUSPENDED: saying('TENANT_SUSPENDED', { refusal: '401 tenant_suspended', known: true }),
  IP_NOT_ALLOWED: saying('IP_NOT_ALLOWED', { refusal: '403 ip_not_allowed', known: true }),
  INSUFFICIENT_SCOPE: saying('INSUFFICIENT_SCOPE', { refusal: '403 insufficient_scope', known: true }),
  BINDING_MISMATCH: saying('BINDING_MISMATCH', { refusal: '403 binding_mismatch', known: true }),
};

function saying(
  code: VerificationCode,
  {
    refusal = '',
    guard = refusal,
    forwardAuth = refusal,
    known,
    introspect = code === 'VALID' ? 'active' : '{"active":false}',
  }: Partial<Said> & { readonly refusal?: string; readonly known: boolean },
): Said {
  const verify = `200 ${code}, ${code === 'VALID' ? 'valid' : 'not valid'}, ${known ? 'with' : 'without'} its key`;
  return { guard, forwardAuth, verify, introspect };
}

/** Requests the same decision about a token from the guard and the three decision endpoints. */
export async function askDoors(
  host: DoorsHost,
  verifier: string,
  { token, from }: { readonly token: string; readonly from?: string | undefined },
  { scope, orgId, projectId }: Question,
): Promise<Said> {
  const forwarded = from === undefined ? undefined : { 'X-Forwarded-For': from };
  const ip = from === 'unknown' ? undefined : from;
  const path = [
    scope === undefined ? '/probe/any' : '/probe/memory',
    ...(orgId === undefined ? [] : [`orgs/${orgId}`]),
    ...(projectId === undefined ? [] : [`projects/${projectId}`]),
  ].join('/');
  const query = new URLSearchParams({
    ...(scope === undefined ? { authenticated: '1' } : { scope }),
    ...(orgId !== undefined && { org: orgId }),
    ...(projectId !== undefined && { project: projectId }),
  });
  const form = {
    token,
    ...(orgId !== undefined && { org_id: orgId }),
    ...(projectId !== undefined && { project_id: projectId }),
    ...(ip !== undefined && { ip }),
  };
  const holder = host.as(token);
  const asker = host.as(verifier);
  return {
    guard: statusAndCode(await holder.get(path, forwarded)),
    forwardAuth: statusAndCode(await holder.get(`/v1/forward-auth?${query.toString()}`, forwarded)),
    verify: verdict(
      await asker.post('/v1/api-keys/verify', {
        token,
        ...(scope === undefined ? { authenticated: true } : { scopes: [scope] }),
        orgId,
        projectId,
        ip,
      }),
    ),
    introspect: activity(await postForm(asker, '/oauth2/introspect', form)),
  };
}

function statusAndCode({ status, body }: HttpAnswer): string {
  return typeof body['code'] === 'string' ? `${status} ${body['code']}` : String(status);
}

function verdict({ status, body }: HttpAnswer): string {
  const valid = body['valid'] === true ? 'valid' : 'not valid';
  return `${status} ${String(body['code'])}, ${valid}, ${'key' in body ? 'with' : 'without'} its key`;
}

function activity({ body, text }: HttpAnswer): string {
  return body['active'] === true ? 'active' : text;
}
