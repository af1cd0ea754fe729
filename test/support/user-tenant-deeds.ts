import { randomBytes } from 'node:crypto';
import { newKeyId } from '../../src/api-keys/domain/key-id';
import type { HttpAnswer, HttpClient, JsonObject } from './http-client';

/** The callers: people with a session, then keys, then a request without a credential. */
export const CALLERS = [
  'the owner',
  'a colleague',
  'a stranger',
  'an administrator',
  'a bound key',
  'an owned key',
  'an unbound key',
  'nobody',
] as const;

export type CallerName = (typeof CALLERS)[number];

/** The key and the users that requests concern. */
export interface Target {
  /** A key that the owner created for acme. */
  readonly keyId: string;
  readonly ownerId: string;
  readonly colleagueId: string;
}

/** A request to a management route, and the status for each caller. */
export interface Deed {
  readonly what: string;
  /** The method and the path template of the operation. */
  readonly route: string;
  readonly statuses: Readonly<Record<CallerName, number>>;
  readonly act: (client: HttpClient, target: Target) => Promise<HttpAnswer>;
}

/** The expected statuses, in the order of {@link CALLERS}. It omits `nobody`, who always gets 401. */
type Statuses = readonly [
  owner: number,
  colleague: number,
  stranger: number,
  administrator: number,
  bound: number,
  owned: number,
  unbound: number,
];

const SEEN: Statuses = [200, 404, 404, 200, 200, 200, 200];
const KEYS_ONLY: Statuses = [401, 401, 401, 401, 200, 200, 200];
const SESSIONS_ONLY: Statuses = [200, 200, 200, 200, 403, 403, 403];
const KEEPERS_OF_USERS: Statuses = [403, 403, 403, 200, 403, 403, 200];

/** Requests to every management route, with the expected status for each caller. */
export const DEEDS: readonly Deed[] = [
  deed('lists keys', 'GET /v1/api-keys', [200, 200, 200, 200, 200, 200, 200], (client) =>
    client.get('/v1/api-keys'),
  ),
  creation('a key for acme', [201, 201, 403, 201, 201, 201, 201], { orgId: 'acme' }),
  creation('a key for globex', [403, 403, 201, 201, 403, 201, 201], { orgId: 'globex' }),
  creation('a key without an organisation', [403, 403, 403, 201, 403, 201, 201], { orgId: null }),
  creation('a key with more rights than people can grant', [403, 403, 403, 201, 403, 403, 201], {
    orgId: 'acme',
    scopes: ['billing:read'],
  }),
  creation('a key of the owner', [201, 403, 403, 201, 201, 201, 201], ({ ownerId }) => ({
    orgId: 'acme',
    ownerId,
  })),
  creation('a key of the colleague', [403, 201, 403, 201, 201, 403, 201], ({ colleagueId }) => ({
    orgId: 'acme',
    ownerId: colleagueId,
  })),
  creation('a key without an owner', [403, 403, 403, 201, 201, 403, 201], { orgId: 'acme', ownerId: null }),
  deed('imports a key', 'POST /v1/api-keys/import', [401, 401, 401, 401, 403, 403, 200], (client) =>
    client.post('/v1/api-keys/import', {
      keys: [{ hash: randomBytes(32).toString('hex'), name: 'imported', scopes: [] }],
    }),
  ),
  deed('verifies a token', 'POST /v1/api-keys/verify', KEYS_ONLY, (client) =>
    client.post('/v1/api-keys/verify', { token: 'kw_nonsense', authenticated: true }),
  ),
  deed('reads its own key', 'GET /v1/api-keys/self', KEYS_ONLY, (client) => client.get('/v1/api-keys/self')),
  deed('rotates its own key', 'POST /v1/api-keys/self/rotate', KEYS_ONLY, (client) =>
    client.post('/v1/api-keys/self/rotate', {}),
  ),
  deed('revokes its own key', 'DELETE /v1/api-keys/self', [401, 401, 401, 401, 204, 204, 204], (client) =>
    client.delete('/v1/api-keys/self'),
  ),
  deed('reads the key', 'GET /v1/api-keys/{id}', SEEN, (client, { keyId }) =>
    client.get(`/v1/api-keys/${keyId}`),
  ),
  deed('reads its history', 'GET /v1/api-keys/{id}/history', SEEN, (client, { keyId }) =>
    client.get(`/v1/api-keys/${keyId}/history`),
  ),
  deed('reads its usage', 'GET /v1/api-keys/{id}/usage', SEEN, (client, { keyId }) =>
    client.get(`/v1/api-keys/${keyId}/usage`),
  ),
  deed('rotates it', 'POST /v1/api-keys/{id}/rotate', SEEN, (client, { keyId }) =>
    client.post(`/v1/api-keys/${keyId}/rotate`, {}),
  ),
  deed('revokes it', 'DELETE /v1/api-keys/{id}', [204, 404, 404, 204, 204, 204, 204], (client, { keyId }) =>
    client.delete(`/v1/api-keys/${keyId}`),
  ),
  change('renames it', SEEN, { name: 'renamed' }),
  change('removes its scopes', SEEN, { scopes: [] }),
  change('disables it', SEEN, { enabled: false }),
  change('extends its scopes', SEEN, { scopes: ['memory:*'] }),
  change('gives it scopes that people cannot grant', [403, 404, 404, 200, 403, 403, 200], {
    scopes: ['billing:read'],
  }),
  change('moves it to globex', [403, 404, 404, 200, 403, 200, 200], { orgId: 'globex' }),
  change('removes its organisation', [403, 404, 404, 200, 403, 200, 200], { orgId: null }),
  change('gives it to the colleague', [403, 404, 404, 200, 200, 403, 200], ({ colleagueId }) => ({
    ownerId: colleagueId,
  })),
  change('removes its owner', [403, 404, 404, 200, 200, 403, 200], { ownerId: null }),
  deed('reads the audit trail', 'GET /v1/events', [403, 403, 403, 200, 200, 200, 200], (client) =>
    client.get('/v1/events'),
  ),
  deed('reads its own user', 'GET /v1/users/me', SESSIONS_ONLY, (client) => client.get('/v1/users/me')),
  deed('sets its username', 'PATCH /v1/users/me', SESSIONS_ONLY, (client) =>
    client.patch('/v1/users/me', { username: newKeyId(new Date()) }),
  ),
  deed('lists users', 'GET /v1/users', KEEPERS_OF_USERS, (client) => client.get('/v1/users')),
  deed('searches users', 'GET /v1/users', KEEPERS_OF_USERS, (client) =>
    client.get('/v1/users?email=ada@acme.example'),
  ),
  deed('disables the owner', 'PATCH /v1/users/{id}', KEEPERS_OF_USERS, (client, { ownerId }) =>
    client.patch(`/v1/users/${ownerId}`, { status: 'disabled' }),
  ),
  deed('sets the owner’s username', 'PATCH /v1/users/{id}', KEEPERS_OF_USERS, (client, { ownerId }) =>
    client.patch(`/v1/users/${ownerId}`, { username: ownerId }),
  ),
  deed('changes an unknown user', 'PATCH /v1/users/{id}', [403, 403, 403, 404, 403, 403, 404], (client) =>
    client.patch(`/v1/users/${newKeyId(new Date())}`, { status: 'active' }),
  ),
  deed('removes the owner', 'DELETE /v1/users/{id}', [403, 403, 403, 204, 403, 403, 204], (client, target) =>
    client.delete(`/v1/users/${target.ownerId}`),
  ),
  deed('removes an unknown user', 'DELETE /v1/users/{id}', [403, 403, 403, 404, 403, 403, 404], (client) =>
    client.delete(`/v1/users/${newKeyId(new Date())}`),
  ),
];

function deed(what: string, route: string, statuses: Statuses, act: Deed['act']): Deed {
  const named = CALLERS.map((caller, index) => [caller, statuses[index] ?? 401] as const);
  return { what, route, act, statuses: Object.fromEntries(named) as Record<CallerName, number> };
}

type BodyOf = JsonObject | ((target: Target) => JsonObject);

function bodyFor(body: BodyOf, target: Target): JsonObject {
  return typeof body === 'function' ? body(target) : body;
}

function creation(what: string, statuses: Statuses, body: BodyOf): Deed {
  return deed(`makes ${what}`, 'POST /v1/api-keys', statuses, (client, target) =>
    client.post('/v1/api-keys', { name: 'made', scopes: [], ...bodyFor(body, target) }),
  );
}

function change(what: string, statuses: Statuses, body: BodyOf): Deed {
  return deed(what, 'PATCH /v1/api-keys/{id}', statuses, (client, target) =>
    client.patch(`/v1/api-keys/${target.keyId}`, bodyFor(body, target)),
  );
}
