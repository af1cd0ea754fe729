import { isDeepStrictEqual } from 'node:util';
import { hashToken } from '../../../src/api-keys/domain/token/key-token';
import { type HttpAnswer, type HttpClient, isBrokenConnection, type JsonObject } from '../http-client';
import type { DrillInstance } from './drill-instance';
import { decide, refusalIn, VALID } from './question';
import type { Timed } from './timed';
import { shortcomingsOf, type StoredKey } from './stored-keys';

interface LedgerToken {
  readonly token: string;
  /** The grace period that the rotation to this token gave the previous token. */
  readonly graceSeconds: number;
}

/** Properties that a person's session adds to the keys it creates. */
interface Implied {
  readonly orgId?: string;
  readonly ownerId?: string;
}

/** The answer to a write. `outcome` is {@link MADE}, or the reason why the write was not acknowledged. */
interface Sent {
  readonly outcome: string;
  readonly body: JsonObject;
}

/** A key whose creation was acknowledged. */
export interface LedgerKey {
  readonly id: string;
  /** The expected content of the record. */
  readonly expected: JsonObject;
  /** The acknowledged tokens, newest last. */
  readonly tokens: LedgerToken[];
  /** The grace period of a rotation that got no acknowledgement. The rotation may have been applied. */
  inDoubt?: number;
}

/** The grace period of rotations in seconds. It is longer than any drill. */
export const GRACE_SECONDS = 3600;
const KEPT_SECRETS = 6;
const NAME = 'drill ';
export const MADE = 'made';
const AT_ONCE = 8;

/** Creates and rotates keys over HTTP, and records which writes were acknowledged. */
export class KeyLedger {
  readonly keys: LedgerKey[] = [];
  /** The number of writes with each outcome. The outcome is `no answer` if the connection broke. */
  readonly outcomes = new Map<string, number>();
  /** The times at which each write was sent and answered. */
  readonly times: Timed[] = [];
  /** Names of keys whose creation was not acknowledged, with their owners. */
  private readonly unacknowledged = new Map<string, string | undefined>();
  private readonly rotating = new Set<LedgerKey>();
  private made = 0;

  get acknowledged(): number {
    return this.keys.reduce((sum, { tokens }) => sum + tokens.length, 0);
  }

  /** The number of writes that were not acknowledged, for any reason. */
  get refused(): number {
    return [...this.outcomes.values()].reduce((sum, count) => sum + count, 0) - this.acknowledged;
  }

  unacknowledgedOf(ownerId: string): number {
    return [...this.unacknowledged.values()].filter((owner) => owner === ownerId).length;
  }

  /** @param implied properties that the key must have in addition to the requested ones */
  async create(client: HttpClient, wanted: JsonObject, implied: Implied = {}): Promise<string> {
    this.made += 1;
    const asked = { name: NAME + this.made, ...wanted };
    const { outcome, body } = await this.send(async () => client.post('/v1/api-keys', asked), 201);
    if (outcome === MADE) {
      const tokens = [{ token: String(body['token']), graceSeconds: 0 }];
      this.keys.push({ id: String(body['id']), expected: { ...asked, ...implied }, tokens });
    } else if (!outcome.startsWith('4')) {
      // A request that was rejected for good was not applied. Any other may have been.
      this.unacknowledged.set(asked.name, implied.ownerId);
    }
    return outcome;
  }

  /**
   * Rotates a random key without an owner, with or without a grace period. Skips keys with a rotation in progress or in
   * doubt, and keys that have as many tokens as Keyward keeps.
   */
  async rotateOne(client: HttpClient): Promise<string> {
    const free = this.keys.filter(
      (key) =>
        key.inDoubt === undefined &&
        key.tokens.length < KEPT_SECRETS - 1 &&
        !this.rotating.has(key) &&
        key.expected['ownerId'] === undefined,
    );
    const key = free[Math.floor(Math.random() * free.length)];
    if (key === undefined) return 'nothing to rotate';
    this.rotating.add(key);
    const graceSeconds = Math.random() < 0.5 ? 0 : GRACE_SECONDS;
    const path = `/v1/api-keys/${key.id}/rotate`;
    const { outcome, body } = await this.send(
      async () => client.post(path, { gracePeriodSeconds: graceSeconds }),
      200,
    );
    this.rotating.delete(key);
    if (outcome === MADE) key.tokens.push({ token: String(body['token']), graceSeconds });
    else key.inDoubt = graceSeconds;
    return outcome;
  }

  /**
   * Returns all faults: missing or different acknowledged keys and rotations, partial records, and records that nobody
   * requested.
   */
  async faults(
    instance: DrillInstance,
    verifier: string,
    stored: ReadonlyMap<string, StoredKey>,
  ): Promise<readonly string[]> {
    const faults = [...stored.values()].flatMap(shortcomingsOf);
    const known = new Set(this.keys.map(({ id }) => id));
    const others = [...stored.values()].filter(({ _id, name }) => name.startsWith(NAME) && !known.has(_id));
    const names = others.map(({ name }) => name);
    if (new Set(names).size !== names.length) faults.push('a key was created twice');
    for (const name of names) if (!this.unacknowledged.has(name)) faults.push(`nobody requested ${name}`);
    for (let from = 0; from < this.keys.length; from += AT_ONCE) {
      const some = this.keys.slice(from, from + AT_ONCE);
      const found = await Promise.all(some.map(async (key) => faultsOf(key, instance, verifier, stored)));
      faults.push(...found.flat());
    }
    return faults;
  }

  private async send(request: () => Promise<HttpAnswer>, good: number): Promise<Sent> {
    const sentAt = performance.now();
    const sent = await answerOf(request, good);
    this.times.push({ sentAt, answeredAt: performance.now() });
    this.outcomes.set(sent.outcome, (this.outcomes.get(sent.outcome) ?? 0) + 1);
    return sent;
  }
}

async function answerOf(request: () => Promise<HttpAnswer>, good: number): Promise<Sent> {
  try {
    const answer = await request();
    return { outcome: answer.status === good ? MADE : refusalIn(answer), body: answer.body };
  } catch (error) {
    if (isBrokenConnection(error)) return { outcome: 'no answer', body: {} };
    throw error;
  }
}

async function faultsOf(
  key: LedgerKey,
  instance: DrillInstance,
  verifier: string,
  stored: ReadonlyMap<string, StoredKey>,
): Promise<readonly string[]> {
  const record = stored.get(key.id);
  if (record === undefined) return [`${key.id} was acknowledged but does not exist`];
  const faults: string[] = [];
  const shown = await instance.as(verifier).get(`/v1/api-keys/${key.id}`);
  for (const [field, value] of Object.entries(key.expected)) {
    if (!isDeepStrictEqual(shown.body[field], value)) {
      faults.push(
        `${key.id} has ${field} ${JSON.stringify(shown.body[field])}, not ${JSON.stringify(value)}`,
      );
    }
  }
  const orgId = String(key.expected['orgId']);
  for (const [token, expected] of decisionsOf(key, record)) {
    const asked = { token, scope: 'memory:read', orgId };
    const decision = await decide(instance, asked, 'verify', verifier);
    if (decision !== expected) faults.push(`a token of ${key.id} is ${decision}, not ${expected}`);
    if (expected !== VALID) continue;
    const elsewhere = { ...asked, orgId: orgId === 'acme' ? 'globex' : 'acme' };
    const crossed = await decide(instance, elsewhere, 'verify', verifier);
    if (crossed !== 'BINDING_MISMATCH') faults.push(`${key.id} is ${crossed} to another tenant`);
  }
  return faults;
}

/** Returns each acknowledged token with its expected decision. */
function decisionsOf(
  { tokens, inDoubt }: LedgerKey,
  { secrets }: StoredKey,
): readonly (readonly [token: string, decision: string])[] {
  const newest = tokens.at(-1);
  if (newest === undefined) return [];
  const wasRotatedSince = secrets.at(-1)?.hash !== hashToken(newest.token);
  const rotations = [
    ...tokens.slice(1).map(({ graceSeconds }) => graceSeconds),
    // If a rotation in doubt was not applied, or there is none, the newest token must be current.
    ...(wasRotatedSince && inDoubt !== undefined ? [inDoubt] : []),
  ];
  return tokens.map(({ token }, at) => {
    if (at === rotations.length) return [token, VALID];
    return [token, at === rotations.length - 1 && rotations[at] !== 0 ? VALID : 'ROTATED'];
  });
}
