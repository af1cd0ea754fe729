import type { ApiKeyWithHistory } from '../../src/api-keys/domain/api-key';
import type { Requirement } from '../../src/api-keys/domain/decision';
import { recordChange } from '../../src/api-keys/domain/key-change';
import { newKeyId } from '../../src/api-keys/domain/key-id';
import { issueToken } from '../../src/api-keys/domain/token/key-token';

/** A stored key and its token. */
export interface SampleKey {
  readonly key: ApiKeyWithHistory;
  readonly token: string;
}

/** The requirement in the benches: one scope, and the key's organisation. */
export const REQUIREMENT: Requirement = {
  scopes: { allOf: ['memory:read'], anyOf: [] },
  tenant: { orgId: 'acme' },
  clientAddress: '127.0.0.1',
};

/** Returns a typical key: two scopes, an organisation, some metadata, no expiry. */
export function sampleKey(): SampleKey {
  const now = new Date();
  const id = newKeyId(now);
  const { token, hash } = issueToken('kw', id);
  const blank: ApiKeyWithHistory = {
    id,
    name: 'nightly import',
    createdBy: 'cli',
    scopes: ['memory:read', 'memory:write'],
    orgId: 'acme',
    allowedIps: [],
    rateLimits: [],
    metadata: { team: 'ingest' },
    enabled: true,
    secrets: [{ hash, createdAt: now }],
    version: 0,
    createdAt: now,
    updatedAt: now,
    history: [],
    historyDropped: 0,
  };
  // Goes through a buffer, like a token from a socket: a flat string, not the rope that concatenation creates.
  return {
    key: recordChange(blank, now, { action: 'created', by: 'cli' }),
    token: Buffer.from(token).toString('latin1'),
  };
}
