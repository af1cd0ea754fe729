import { issueToken } from '../../../src/api-keys/domain/token/key-token';
import type { HttpAnswer, HttpClient } from '../http-client';
import type { DrillInstance } from './drill-instance';

/** A request for a decision about a token, and the correct decisions. Times are from `performance.now()`. */
export interface Question {
  readonly what: string;
  readonly token: string;
  readonly scope: string;
  readonly orgId: string;
  /** Returns the decisions that are correct for a request that was sent and answered at these times. */
  readonly allowed: (sentAt: number, answeredAt: number) => readonly string[];
}

export type Door = 'forward-auth' | 'verify';

const REVOKED_WITHIN_MS = 30_000;

export const VALID = 'VALID';

const DECISION_OF_PROBLEM: Readonly<Record<string, string>> = {
  malformed_token: 'MALFORMED',
  invalid_token: 'NOT_FOUND',
  key_rotated: 'ROTATED',
  key_revoked: 'REVOKED',
  insufficient_scope: 'INSUFFICIENT_SCOPE',
  binding_mismatch: 'BINDING_MISMATCH',
};

/** Requests a decision from one of two endpoints. Returns the decision's code, or the status and code of a problem. */
export async function decide(
  instance: DrillInstance,
  { token, scope, orgId }: Pick<Question, 'token' | 'scope' | 'orgId'>,
  door: Door,
  verifier: string,
): Promise<string> {
  if (door === 'verify') {
    const body = { token, scopes: [scope], orgId };
    const answer = await instance.as(verifier).post('/v1/api-keys/verify', body);
    return answer.status === 200 ? String(answer.body['code']) : refusalIn(answer);
  }
  const answer = await instance.as(token).get(forwardAuthPath(scope, orgId));
  return decisionOf(answer);
}

export function forwardAuthPath(scope: string, orgId: string): string {
  return `/v1/forward-auth?scope=${scope}&org=${orgId}`;
}

/** Returns the code of the decision for an answer of forward-auth, or the status and code of another problem. */
export function decisionOf(answer: Pick<HttpAnswer, 'status' | 'body'>): string {
  if (answer.status === 200) return VALID;
  return DECISION_OF_PROBLEM[String(answer.body['code'])] ?? refusalIn(answer);
}

export function refusalIn({ status, body }: Pick<HttpAnswer, 'status' | 'body'>): string {
  return `${status} ${String(body['code'])}`;
}

/** A key of one tenant in a drill. */
export interface TenantKey {
  readonly id: string;
  readonly orgId: string;
  readonly token: string;
}

/** The valid keys of two tenants, and questions about them and about tokens that must never be accepted. */
export interface TwoTenants {
  readonly keys: readonly TenantKey[];
  readonly questions: readonly Question[];
}

/** Creates the keys of two tenants over HTTP, and the questions about them. */
export async function furnishTwoTenants(root: HttpClient): Promise<TwoTenants> {
  const [acme, globex] = [await houseOf('acme', 'globex', root), await houseOf('globex', 'acme', root)];
  return { keys: [acme.key, globex.key], questions: [...acme.questions, ...globex.questions] };
}

async function houseOf(
  orgId: string,
  other: string,
  root: HttpClient,
): Promise<{ readonly key: TenantKey; readonly questions: readonly Question[] }> {
  const [key, revoked, rotated] = [
    await makeTenantKey(root, orgId),
    await makeTenantKey(root, orgId),
    await makeTenantKey(root, orgId),
  ];
  await done(root.delete(`/v1/api-keys/${revoked.id}`));
  await done(root.post(`/v1/api-keys/${rotated.id}/rotate`, {}));
  const ask = (what: string, token: string, decision: string, asked = {}): Question => ({
    what: `${what} of ${orgId}`,
    token,
    scope: 'memory:read',
    orgId,
    allowed: () => [decision],
    ...asked,
  });
  return {
    key,
    questions: [
      ask('a good key', key.token, VALID),
      ask(`a good key, for ${other},`, key.token, 'BINDING_MISMATCH', { orgId: other }),
      ask('a good key, for more than its scopes,', key.token, 'INSUFFICIENT_SCOPE', {
        scope: 'memory:write',
      }),
      ask('a revoked key', revoked.token, 'REVOKED'),
      ask('a replaced token', rotated.token, 'ROTATED'),
      ask('a forged token for a good key', issueToken('kw', key.id).token, 'NOT_FOUND'),
    ],
  };
}

export async function makeTenantKey(root: HttpClient, orgId: string): Promise<TenantKey> {
  const made = await done(root.post('/v1/api-keys', { name: orgId, scopes: ['memory:read'], orgId }));
  return { id: String(made.body['id']), orgId, token: String(made.body['token']) };
}

export async function done(answer: Promise<HttpAnswer>): Promise<HttpAnswer> {
  const { status, text } = await answer;
  if (status >= 300) throw new Error(`request failed: ${status} ${text}`);
  return answer;
}

/** A valid key that is revoked during a drill. */
export class DoomedKey {
  private sentAt = Infinity;
  private acknowledgedAt = Infinity;

  constructor(
    private readonly key: TenantKey,
    private readonly boundMs: number,
  ) {}

  /** Revokes the key. Retries answers with 503 until the revocation is acknowledged. */
  async revoke(root: HttpClient): Promise<void> {
    this.sentAt = performance.now();
    let answer = await root.delete(`/v1/api-keys/${this.key.id}`);
    while (answer.status === 503 && performance.now() < this.sentAt + REVOKED_WITHIN_MS) {
      answer = await root.delete(`/v1/api-keys/${this.key.id}`);
    }
    if (answer.status !== 204) throw new Error(`not revoked: ${answer.status} ${answer.text}`);
    this.acknowledgedAt = performance.now();
  }

  get question(): Question {
    const { token, orgId } = this.key;
    return {
      what: `a key of ${orgId} that is revoked meanwhile`,
      token,
      scope: 'memory:read',
      orgId,
      allowed: (sentAt, answeredAt) => {
        if (answeredAt < this.sentAt) return [VALID];
        return sentAt > this.acknowledgedAt + this.boundMs ? ['REVOKED'] : [VALID, 'REVOKED'];
      },
    };
  }
}
