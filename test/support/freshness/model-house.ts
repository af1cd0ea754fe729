import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type IssuedApiKey, StorageUnavailableError } from 'keyward';
import { KeyLimitReachedError } from '../../../src/api-keys/management/api-keys.errors';
import { InactiveOwnerError } from '../../../src/users/users.errors';
import { newKeyId } from '../../../src/api-keys/domain/key-id';
import type { HttpAnswer, HttpClient } from '../http-client';
import type { TestService } from '../service';
import { answered } from './trial';
import { decisionsOf, History, type KeyState, type ModelSecret, type Question } from './key-model';

/** The tolerance for the end of a grace period, because the service's clock has a resolution of one millisecond. */
const TICK_MS = 2;
/** The time after which a change that got a 503 has either been applied or never will be. */
const SETTLED_AFTER_MS = 3000;
const KEPT_SECRETS = 6;
const ALL_SCOPES = ['memory:read', 'memory:write'];
const TENANTS = ['acme', 'globex'];

const oneOf = <T>(choices: readonly T[]): T => {
  const chosen = choices[Math.floor(Math.random() * choices.length)];
  if (chosen === undefined) throw new Error('there is nothing to choose from');
  return chosen;
};

interface ModelOwner {
  readonly id: string;
  readonly isActive: History<boolean>;
}

interface ModelKey {
  readonly id: string;
  readonly owner: ModelOwner;
  readonly history: History<KeyState>;
  /** Every token that the key ever had. */
  readonly tokens: string[];
}

/** Changes keys and owners at random over HTTP, and models their states over time. */
export class ModelHouse {
  changes = 0;
  private readonly keys: ModelKey[] = [];
  private readonly owners: ModelOwner[] = [];
  private readonly root: HttpClient;

  constructor(private readonly service: TestService) {
    this.root = service.as(service.root.token);
  }

  get size(): number {
    return this.keys.length;
  }

  get ownerCount(): number {
    return this.owners.length;
  }

  async furnish(owners: number, keys: number): Promise<void> {
    for (let index = 0; index < owners; index += 1) {
      const id = newKeyId(new Date());
      await this.service.owner(id);
      this.owners.push({ id, isActive: new History(true) });
    }
    for (let index = 0; index < keys; index += 1) this.keys.push(await this.makeKey());
  }

  /** Enables or disables one owner. Changes of one owner must not overlap. */
  async changeOwner(index: number): Promise<void> {
    const owner = this.owners[index];
    if (owner === undefined) throw new Error(`no owner ${index}`);
    const isActive = !owner.isActive.current;
    const body = { status: isActive ? 'active' : 'disabled' };
    await owner.isActive.change(isActive, async () => {
      // Can be retried as often as necessary, because the outcome is the same.
      for (;;) {
        const answer = await answered(async () => this.root.patch(`/v1/users/${owner.id}`, body));
        if (answer.status !== 503) {
          this.note(answer);
          return isActive;
        }
        await pause(100);
      }
    });
  }

  /** Changes one key at random, or replaces it by a new key if it is revoked. Changes of one key must not overlap. */
  async changeKey(index: number): Promise<void> {
    const key = this.keys[index];
    if (key === undefined) throw new Error(`no key ${index}`);
    if (key.history.current.isRevoked) {
      this.keys[index] = await this.makeKey();
      return;
    }
    await oneOf([
      async () => this.patch(key, 'enabled', !key.history.current.isEnabled),
      async () => this.patch(key, 'enabled', true),
      async () => this.patch(key, 'scopes', oneOf([ALL_SCOPES, ['memory:read'], ['memory:write']])),
      async () => this.patch(key, 'orgId', oneOf(TENANTS)),
      async () => this.rotate(key, 0),
      async () => this.rotate(key, 1),
      ...(Math.random() < 0.3 ? [async (): Promise<void> => this.revoke(key)] : []),
    ])();
  }

  /** Returns a random question, mostly about the newest token of a key, and a function that checks the answer. */
  question(): Question & { isRight: (code: string, from: number, to: number, boundMs: number) => boolean } {
    const { tokens, history, owner } = oneOf(this.keys);
    const asked = {
      token: (Math.random() < 0.7 ? tokens.at(-1) : oneOf(tokens)) ?? '',
      scope: oneOf(ALL_SCOPES),
      orgId: oneOf(TENANTS),
    };
    return {
      ...asked,
      isRight: (code, from, to, boundMs) =>
        history
          .between(from - boundMs, to)
          .some((state) =>
            owner.isActive
              .between(from - boundMs, to)
              .some((isActive) => decisionsOf(state, isActive, asked, { from, to }).includes(code)),
          ),
    };
  }

  private async makeKey(): Promise<ModelKey> {
    const owner = oneOf(this.owners);
    const orgId = oneOf(TENANTS);
    let issued: IssuedApiKey;
    try {
      issued = await this.service.issue({ scopes: ALL_SCOPES, orgId, ownerId: owner.id });
    } catch (error) {
      // A disabled owner gets no key. No questions are asked about one that a busy store may have created all the same.
      const isExpected = [InactiveOwnerError, KeyLimitReachedError, StorageUnavailableError].some(
        (expected) => error instanceof expected,
      );
      if (isExpected) return this.makeKey();
      throw error;
    }
    const { key, token } = issued;
    const state = { isRevoked: false, isEnabled: true, scopes: ALL_SCOPES, orgId, secrets: [{ token }] };
    return { id: key.id, owner, history: new History<KeyState>(state), tokens: [token] };
  }

  private async patch(
    { id, history }: ModelKey,
    field: 'enabled' | 'scopes' | 'orgId',
    value: boolean | string | readonly string[],
  ): Promise<void> {
    const before = history.current;
    const expected = { ...before, [field === 'enabled' ? 'isEnabled' : field]: value } as KeyState;
    const path = `/v1/api-keys/${id}`;
    await history.change(expected, async () => {
      const isMade = await this.made(
        path,
        async () => this.root.patch(path, { [field]: value }),
        (key) => isDeepStrictEqual(key[field], value),
      );
      return isMade ? expected : before;
    });
  }

  private async revoke({ id, history }: ModelKey): Promise<void> {
    const before = history.current;
    const expected = { ...before, isRevoked: true };
    const path = `/v1/api-keys/${id}`;
    await history.change(expected, async () => {
      const isMade = await this.made(
        path,
        async () => this.root.delete(path),
        (key) => key['status'] === 'revoked',
      );
      return isMade ? expected : before;
    });
  }

  private async rotate({ id, history, tokens }: ModelKey, graceSeconds: number): Promise<void> {
    const before = history.current;
    const sentAt = performance.now();
    const after = (token: string, acknowledgedAt: number): KeyState => {
      const retired: ModelSecret[] = before.secrets.map((secret) => ({
        token: secret.token,
        // A running grace period ends with the next rotation.
        retires: {
          earliest: Math.min(
            secret.retires?.earliest ?? Infinity,
            sentAt + (secret.retires ? 0 : graceSeconds * 1000) - TICK_MS,
          ),
          latest: Math.min(
            secret.retires?.latest ?? Infinity,
            acknowledgedAt + (secret.retires ? 0 : graceSeconds * 1000) + TICK_MS,
          ),
        },
      }));
      return { ...before, secrets: [{ token }, ...retired].slice(0, KEPT_SECRETS) };
    };
    // The new token is unknown before the answer.
    await history.change(after('', Infinity), async () => {
      // A rotation must not be sent twice. So a repeatable request opens the connection first.
      const { version } = await this.read(`/v1/api-keys/${id}`);
      const answer = await this.root.post(`/v1/api-keys/${id}/rotate`, { gracePeriodSeconds: graceSeconds });
      if (answer.status === 503) {
        await pause(SETTLED_AFTER_MS);
        const isMade = (await this.read(`/v1/api-keys/${id}`))['version'] !== version;
        return isMade ? after('', performance.now()) : before;
      }
      this.note(answer);
      const token = String(answer.body['token']);
      tokens.push(token);
      return after(token, performance.now());
    });
  }

  /** Sends a change and returns whether it was applied. After a 503 the outcome is unknown, so a later read decides. */
  private async made(
    path: string,
    change: () => Promise<HttpAnswer>,
    isSeenIn: (record: HttpAnswer['body']) => boolean,
  ): Promise<boolean> {
    const answer = await answered(change);
    if (answer.status !== 503) {
      this.note(answer);
      return true;
    }
    await pause(SETTLED_AFTER_MS);
    return isSeenIn(await this.read(path));
  }

  private async read(path: string): Promise<HttpAnswer['body']> {
    for (;;) {
      const { status, body, text } = await answered(async () => this.root.get(path));
      if (status === 200) return body;
      if (status !== 503) throw new Error(`reading failed: ${status} ${text}`);
      await pause(100);
    }
  }

  private note({ status, text }: HttpAnswer): void {
    if (status >= 300) throw new Error(`a change failed: ${status} ${text}`);
    this.changes += 1;
  }
}
