/**
 * The rooms of `src`, from the ground up: a room may import those listed before it, never one listed after it. See
 * decision record 0077. `npm run docs:graph` writes them to docs/architecture.md.
 */
const ROOMS = {
  common: 'Helpers without Nest: time limits, loops, retries, ULIDs, redaction, metrics.',
  problems:
    'Errors: `KeywardError` and classes that several rooms throw; RFC 9457 problems, filter, validation, cache headers.',
  http: 'What our own routes share: bodies, queries, field rules, pages, `If-Match`, client address, discovery of routes.',
  config: '`StorageConfig`, which refuses volatile storage in production.',
  mongo: 'The connection to MongoDB, bounded operations, and what outages look like.',
  'change-feed': 'Change streams, polling and heartbeats: the proof that a cache is fresh.',
  'api-keys/domain': 'The rules: tokens, scopes, bindings, delegation, the decision. No Nest, no I/O.',
  'api-keys/ports':
    'Interfaces that other rooms or the host implement: clock, sessions, owners, limits, usage, events, changes.',
  'api-keys/fields': 'Validation of the fields of a key, shared by several DTOs.',
  'api-keys/storage': 'The repository of keys: interface, MongoDB, memory. Others see only the interface.',
  'api-keys/options': 'The options of `ApiKeysModule`, checked.',
  'api-keys/limits': 'Rate limiters in memory and in Redis, the connection to Redis, failed credentials.',
  'api-keys/usage': 'Counts verifications, with the storage of the counts.',
  'api-keys/verification': '`KeyVerifier` and its caches: the decision over stored keys, fresh.',
  'api-keys/access':
    'Guard, decorators, credentials, tenant, challenges, rate limit headers, the settings of the module, the audit of routes.',
  'api-keys/doors': 'Verify, introspection and forward-auth. They translate; the rules stand below.',
  'api-keys/management':
    'The routes and services that create, change, list and import keys, and show their usage.',
  events: 'The audit trail, its relay and webhooks, with their storage.',
  'api-keys.module.ts': '`ApiKeysModule`: composes all of the above for a Nest application.',
  users: 'People who sign in by OIDC, and the keys that they own.',
  settings: 'The environment as one typed object, for the service and the commands.',
  health: 'Liveness, readiness and metrics.',
  logs: 'The log: one line a request, redacted.',
  bootstrap: 'The HTTP service, built from the rooms above.',
  cli: "The operator's commands, with the import of other systems. They start nothing that the service does by itself.",
};

module.exports = { ROOMS };
