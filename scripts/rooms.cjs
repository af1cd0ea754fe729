/**
 * The folders of `src`, lowest first. A folder may import only folders listed before it, see decision record 0077.
 * `npm run docs:graph` writes them to docs/architecture.md.
 */
const ROOMS = {
  common: 'Helpers without Nest: timeouts, loops, retries, ULIDs, redaction, metrics.',
  openapi: 'The decorators of `@nestjs/swagger`, which do nothing if it is not installed.',
  problems:
    'Errors and problems (RFC 9457): `KeywardError`, shared error classes, filter, validation, cache headers.',
  http: 'Helpers for the routes of Keyward: bodies, queries, field rules, pages, `If-Match`, client address, discovery of routes.',
  config: '`StorageConfig`, which rejects memory storage in production.',
  mongo: 'The MongoDB connection, operations with timeouts, detection of outages.',
  'change-feed': 'Change streams, polling and heartbeats, which prove that a cache is fresh.',
  'api-keys/domain': 'The rules: tokens, scopes, bindings, delegation, decisions. No Nest, no I/O.',
  'api-keys/ports':
    'Interfaces that other folders or the host implement: clock, sessions, owners, limits, usage, events, changes.',
  'api-keys/fields': 'Validation of key fields, shared by several DTOs.',
  'api-keys/storage':
    'The repository of keys: interface, MongoDB, memory. Other folders use only the interface.',
  'api-keys/options': 'The options of `ApiKeysModule` and their validation.',
  'api-keys/limits':
    'Rate limiters in memory and in Redis, the Redis connection, limits on failed credentials.',
  'api-keys/usage': 'Usage counts of keys and their storage.',
  'api-keys/verification': '`KeyVerifier` and its caches: decisions about stored keys that are proven fresh.',
  'api-keys/calls':
    'GraphQL fields and messages of WebSockets: which request carried them, what they name, how they are rejected.',
  'api-keys/access':
    'Guard, decorators, credentials, tenant, challenges, rate limit headers, settings of the module, audit of routes.',
  'api-keys/doors':
    'Verify, introspection and forward-auth. They only translate requests; lower folders decide.',
  'api-keys/management':
    'The routes and services that create, change, list and import keys, and show their usage.',
  events: 'The audit trail, its delivery by webhooks, and their storage.',
  'api-keys.module.ts': '`ApiKeysModule`, which composes the folders above for a Nest application.',
  testing: 'What `keyward/testing` exports for the tests of applications. No other folder imports it.',
  policies: 'Policies of organisations and owners: their storage, routes and events.',
  users: 'Users, their sign-in by OIDC, and the keys that they own.',
  settings: 'The environment variables as one typed object, for the service and the commands.',
  health: 'Liveness, readiness and metrics.',
  logs: 'The log: one redacted line per request.',
  bootstrap: 'The HTTP service, which composes the folders above.',
  cli: 'The commands for operators, including imports from other systems. They run no background work.',
};

module.exports = { ROOMS };
