import type { DecisionCode } from '../domain/decision';
import { ambiguousCredential, invalidSession, missingCredential, refusalOf } from './challenges';

type Refusal = Exclude<DecisionCode, 'VALID'> | 'USER_NAME_MISMATCH';

const nothing = { scopes: { allOf: [], anyOf: [] }, tenant: undefined };

const invalidToken = (description: string): string =>
  `Bearer realm="keyward", error="invalid_token", error_description="${description}"`;

describe('the response to an invalid key', () => {
  it.each<[Refusal, string, string]>([
    ['MALFORMED', 'malformed_token', invalidToken('The token is malformed')],
    ['NOT_FOUND', 'invalid_token', invalidToken('The API key is not valid')],
    ['ROTATED', 'key_rotated', invalidToken('This token was replaced by a newer one')],
    ['REVOKED', 'key_revoked', invalidToken('The API key is revoked')],
    ['DISABLED', 'key_disabled', invalidToken('The API key is disabled')],
    ['EXPIRED', 'key_expired', invalidToken('The API key is expired')],
    ['OWNER_DISABLED', 'owner_disabled', invalidToken('The owner of the API key is not active')],
    [
      'TENANT_SUSPENDED',
      'tenant_suspended',
      invalidToken('The organisation or the owner of the API key is suspended'),
    ],
    [
      'USER_NAME_MISMATCH',
      'user_name_mismatch',
      invalidToken('User name and password belong to different keys'),
    ],
  ])('for %s is 401 %s with an invalid_token challenge', (code, problemCode, challenge) => {
    const { problem, headers } = refusalOf(code, { ...nothing, tenant: { orgId: 'globex' } }, 'keyward');

    expect([problem.status, problem.code, problem.type]).toEqual([
      401,
      problemCode,
      `urn:keyward:problem:${problemCode}`,
    ]);
    expect(headers).toEqual({ 'WWW-Authenticate': challenge });
  });

  it.each<[Refusal, string]>([
    ['IP_NOT_ALLOWED', 'ip_not_allowed'],
    ['BINDING_MISMATCH', 'binding_mismatch'],
  ])('for %s is 403 %s without a challenge', (code, expected) => {
    const { problem, headers } = refusalOf(code, { ...nothing, tenant: { orgId: 'globex' } }, 'keyward');

    expect([problem.status, problem.code]).toEqual([403, expected]);
    expect(headers).toEqual({});
  });

  it('for INSUFFICIENT_SCOPE is 403 and names every required or alternative scope once', () => {
    const required = { allOf: ['a:read', 'b:read'], anyOf: [['c:read', 'a:read'], ['d:read']] };
    const { problem, headers } = refusalOf(
      'INSUFFICIENT_SCOPE',
      { scopes: required, tenant: undefined },
      'keyward',
    );

    expect([problem.status, problem.code]).toEqual([403, 'insufficient_scope']);
    expect(problem.detail).toMatch(/: a:read b:read c:read d:read$/);
    expect(headers).toEqual({
      'WWW-Authenticate':
        'Bearer realm="keyward", error="insufficient_scope", ' +
        'error_description="The API key lacks a required scope", scope="a:read b:read c:read d:read"',
    });
  });

  it.each<[Refusal, RegExp]>([
    ['MALFORMED', /copied the whole token/],
    ['NOT_FOUND', /valid API key/],
    ['ROTATED', /token that the rotation returned/],
    ['REVOKED', /new API key/],
    ['DISABLED', /to be enabled/],
    ['EXPIRED', /new API key/],
    ['OWNER_DISABLED', /owner of the API key to be enabled/],
    ['TENANT_SUSPENDED', /to be reactivated/],
    ['USER_NAME_MISMATCH', /id of the key/],
    ['IP_NOT_ALLOWED', /allowlist/],
    ['INSUFFICIENT_SCOPE', /holds the required scopes: /],
    ['BINDING_MISMATCH', /organisation and project/],
  ])('for %s states in its detail what to do', (code, advice) => {
    const { problem } = refusalOf(code, { ...nothing, tenant: { orgId: 'globex' } }, 'keyward');

    expect(problem.detail).toMatch(advice);
  });
});

describe('the problem for a key bound to acme', () => {
  it.each([
    ['no tenant', {}, /names none.* orgId .*X-Org-Id/],
    ['another organisation', { orgId: 'globex' }, /^Name the organisation and project/],
    ['another project', { projectId: 'hermes' }, /^Name the organisation and project/],
  ])('asks the client to name the tenant if the request names %s', (_what, tenant, advice) => {
    expect(refusalOf('BINDING_MISMATCH', { ...nothing, tenant }, 'keyward').problem.detail).toMatch(advice);
  });
});

describe('the response to a request without a key', () => {
  it('is 401 with a challenge without an error code', () => {
    const { problem, headers } = missingCredential('acme api');

    expect([problem.status, problem.code]).toEqual([401, 'missing_credential']);
    expect(headers).toEqual({ 'WWW-Authenticate': 'Bearer realm="acme api"' });
    expect(problem.detail).toMatch(/"Authorization: Bearer .*"X-API-Key: /);
  });
});

describe('the response to a request with several keys', () => {
  it('is 400 with an invalid_request challenge', () => {
    const { problem, headers } = ambiguousCredential('keyward');

    expect([problem.status, problem.code]).toEqual([400, 'invalid_request']);
    expect(headers).toEqual({
      'WWW-Authenticate':
        'Bearer realm="keyward", error="invalid_request", error_description="The request is malformed"',
    });
    expect(problem.detail).toMatch(/one API key, and each header once/);
  });
});

describe('the response to an invalid session', () => {
  it("is 401 with an invalid_token challenge and the authenticator's detail", () => {
    const { problem, headers } = invalidSession('Sign in again.', 'acme api');

    expect([problem.status, problem.code, problem.detail]).toEqual([
      401,
      'invalid_session',
      'Sign in again.',
    ]);
    expect(headers).toEqual({
      'WWW-Authenticate':
        'Bearer realm="acme api", error="invalid_token", error_description="The session is not valid"',
    });
  });
});
