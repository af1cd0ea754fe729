import { setTimeout as pause } from 'node:timers/promises';
import { newKeyId } from '../../../src/api-keys/domain/key-id';
import { type HttpAnswer, type HttpClient, isBrokenConnection } from '../http-client';
import { eventually } from '../patience';
import type { TestService } from '../service';

/** The common interface of {@link TestService} and the second instance: it returns clients that call them. */
export interface Asked {
  as(token?: string): HttpClient;
}

/** A change after which a key must no longer be accepted. */
export interface Change {
  readonly what: string;
  /** The code that the second instance must return in the end. */
  readonly code: string;
  readonly make: (root: HttpClient, key: TrialKey) => Promise<HttpAnswer>;
}

export interface TrialKey {
  readonly id: string;
  readonly ownerId: string;
  readonly token: string;
}

export const CHANGES: readonly Change[] = [
  {
    what: 'revoked',
    code: 'REVOKED',
    make: async (root, { id }) => root.delete(`/v1/api-keys/${id}`),
  },
  {
    what: 'left without an active owner',
    code: 'OWNER_DISABLED',
    make: async (root, { ownerId }) => root.patch(`/v1/users/${ownerId}`, { status: 'disabled' }),
  },
  {
    what: 'narrowed',
    code: 'INSUFFICIENT_SCOPE',
    make: async (root, { id }) => root.patch(`/v1/api-keys/${id}`, { scopes: ['memory:write'] }),
  },
  {
    what: 'bound to another organisation',
    code: 'BINDING_MISMATCH',
    make: async (root, { id }) => root.patch(`/v1/api-keys/${id}`, { orgId: 'globex' }),
  },
];

/**
 * Repeats a request if its connection was already closed, because servers close idle connections and a busy machine
 * notices that late. Use it only for requests that can safely be sent twice.
 */
export async function answered<T>(send: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await send();
    } catch (error) {
      if (!isBrokenConnection(error) || tries === MAX_TRIES) throw error;
    }
  }
}

/** Creates a key that is bound to acme, with a new owner of its own. */
export async function makeTrialKey(service: TestService): Promise<TrialKey> {
  const ownerId = newKeyId(new Date());
  await service.owner(ownerId);
  const { key, token } = await service.issue({
    scopes: ['memory:read', 'memory:write'],
    orgId: 'acme',
    ownerId,
  });
  return { id: key.id, ownerId, token };
}

/**
 * Returns an instance's decision about a key, from forward-auth (`guard`) or from the verify endpoint, or else the
 * status.
 */
export async function askAbout(
  instance: Asked,
  key: TrialKey,
  door: 'guard' | 'verify',
  verifier: string,
): Promise<string> {
  if (door === 'guard') {
    const { status } = await instance.as(key.token).get('/v1/forward-auth?scope=memory:read&org=acme');
    return status === 200 ? 'VALID' : String(status);
  }
  const body = { token: key.token, scopes: ['memory:read'], orgId: 'acme' };
  const answer = await instance.as(verifier).post('/v1/api-keys/verify', body);
  return answer.status === 200 ? String(answer.body['code']) : String(answer.status);
}

/**
 * Calls {@link askAbout} once, so that the time of the request is certain. Returns `undefined` if the connection was
 * closed.
 */
async function askOnce(...asked: Parameters<typeof askAbout>): Promise<string | undefined> {
  try {
    return await askAbout(...asked);
  } catch (error) {
    if (isBrokenConnection(error)) return undefined;
    throw error;
  }
}

/** An answer of the second instance, and when the request was sent. */
export interface Seen {
  readonly sentAt: number;
  readonly code: string;
}

export interface TrialResult {
  readonly what: string;
  readonly key: TrialKey;
  /** The time at which the first instance's answer to the change arrived. */
  readonly acknowledgedAt: number;
  readonly seen: readonly Seen[];
}

/** The average pause between two requests of a trial, from before the change until after the bound. */
const ASK_EVERY_MS = 200;
const AFTER_BOUND_MS = 500;
const SPREAD_MS = 500;
const MAX_TRIES = 5;

/**
 * Changes a key at the first instance that the second instance has cached. Meanwhile, requests decisions about it from
 * the second instance, from before the change until well after the bound.
 *
 * @param acknowledged called when the first instance has answered
 */
export async function runTrial(
  first: TestService,
  second: Asked,
  { what, make }: Change,
  key: TrialKey,
  boundMs: number,
  acknowledged: () => Promise<void>,
): Promise<TrialResult> {
  const root = first.as(first.root.token);
  const door = key.id.charCodeAt(key.id.length - 1) % 2 === 0 ? 'guard' : 'verify';
  const seen: Seen[] = [];
  let acknowledgedAt = Infinity;
  const asking = (async () => {
    for (let sentAt = 0; sentAt < acknowledgedAt + boundMs + AFTER_BOUND_MS;) {
      sentAt = performance.now();
      const code = await askOnce(second, key, door, first.root.token);
      if (code !== undefined) seen.push({ sentAt, code });
      await pause(ASK_EVERY_MS * (0.5 + Math.random()));
    }
  })();
  await pause(SPREAD_MS * Math.random());
  const send = async (): Promise<HttpAnswer> => answered(async () => make(root, key));
  // A busy machine may need several tries. Only the time of the acknowledgement counts.
  const answer = await eventually(send, ({ status }) => status !== 503);
  acknowledgedAt = performance.now();
  if (answer.status >= 300) throw new Error(`not ${what}: ${answer.status} ${answer.text}`);
  await acknowledged();
  await asking;
  return { what, key, acknowledgedAt, seen };
}

/** Returns the requests that were accepted although they were sent after the end of the bound. */
export function acceptedTooLate(
  { what, acknowledgedAt, seen }: TrialResult,
  boundMs: number,
): readonly string[] {
  return seen
    .filter(({ code, sentAt }) => code === 'VALID' && sentAt > acknowledgedAt + boundMs)
    .map(({ sentAt }) => `accepted ${Math.round(sentAt - acknowledgedAt)} ms after it was ${what}`);
}
