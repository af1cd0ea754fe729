import type { ApiKey, Grant } from './api-key';

/** Someone who manages keys: who they are in the history, and how far their own authority reaches. */
export interface Caller {
  /** Written into histories: `key:<id>`, `user:<id>`, `cli` or `system`. */
  readonly actor: string;
  readonly grant: Grant;
  /** Whether `API_KEY_MAX_TTL_DAYS` binds what this caller makes. The operator's own CLI is the exception. */
  readonly boundByMaxTtl: boolean;
}

/** The caller that a verified key is. */
export function callerOf(key: ApiKey): Caller {
  return { actor: `key:${key.id}`, grant: key, boundByMaxTtl: true };
}

/**
 * A caller that holds everything, for the operator's own hands: the CLI, and a host application that manages
 * keys in its own name.
 *
 * @param actor how it appears in histories, such as `cli` or `system`
 */
export function rootCaller(actor: string): Caller {
  return { actor, grant: { scopes: ['*'], allowedIps: [] }, boundByMaxTtl: false };
}
