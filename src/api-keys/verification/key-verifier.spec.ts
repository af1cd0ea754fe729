import { aKey, ALICE, BOB } from '../../testing/contract/key-fixtures';
import { HeldReads, settled } from '../../../test/support/held-reads';
import { ScriptedFeed } from '../../../test/support/scripted-feed';
import type { ApiKey } from '../domain/api-key';
import { systemClock } from '../ports/clock';
import type { Requirement } from '../domain/decision';
import { newKeyId } from '../domain/key-id';
import { issueToken, parseToken } from '../domain/token/key-token';
import { prepareKey } from '../domain/prepared-key';
import { hexOf } from '../domain/token/token-digest';
import { LocalRateLimiter } from '../limits/local-rate-limiter';
import type { ApiKeyRepository } from '../storage/api-key.repository';
import { StorageUnavailableError } from '../../problems/storage.errors';
import { UsageRecorder } from '../usage/usage-recorder';
import { FreshKeys } from './fresh-keys';
import { KeyVerifier, type VerifyOptions } from './key-verifier';
import type { OwnerStatus } from '../ports/owner-status';
import { ReuseRecorder } from './reuse-recorder';
import type { Verification } from './verification';

const MAX_AGE = 800;
const anything: Requirement = {
  scopes: { allOf: [], anyOf: [] },
  tenant: undefined,
  clientAddress: undefined,
};

let time: number;
let changes: ScriptedFeed;
let stored: HeldReads<ApiKey>;
let owners: HeldReads<boolean>;
let ownerChanges: ScriptedFeed;
let fresh: FreshKeys;
let verifier: KeyVerifier;
let acme: Holder;
let globex: Holder;

/** A key and its token. */
interface Holder {
  readonly key: ApiKey;
  readonly token: string;
}

function holderOf(fields: Partial<ApiKey> = {}): Holder {
  const { keyId: id, hash, token } = issueToken('kw', newKeyId(new Date()));
  return { key: aKey({ id, secrets: [{ hash, createdAt: new Date() }], ...fields }), token };
}

/** The same key after a rotation on another instance, without a grace period. */
function rotated({ key }: Holder): Holder {
  const { hash, token } = issueToken('kw', key.id);
  const now = new Date();
  const retired = key.secrets.map((secret) => ({ ...secret, retiresAt: now, reusedAt: now }));
  return {
    key: { ...key, version: key.version + 1, secrets: [{ hash, createdAt: now }, ...retired] },
    token,
  };
}

beforeEach(() => {
  time = 10_000;
  jest.spyOn(performance, 'now').mockImplementation(() => time);
  stored = new HeldReads();
  owners = new HeldReads();
  changes = new ScriptedFeed();
  ownerChanges = new ScriptedFeed();
  acme = holderOf({ orgId: 'acme' });
  globex = holderOf({ orgId: 'globex' });
  build();
});

afterEach(async () => {
  await fresh.beforeApplicationShutdown();
  jest.restoreAllMocks();
});

function build(
  feed: ScriptedFeed | undefined = changes,
  isOwned = true,
  importPrefixes: readonly string[] = [],
): void {
  const repository = { find: stored.load, changes: feed } as unknown as ApiKeyRepository;
  const status: OwnerStatus = {
    changes: ownerChanges,
    isActive: async (id, options) => (await owners.load(id, options)) === true,
  };
  const options = { storage: repository, tokens: { importPrefixes } };
  fresh = new FreshKeys(repository, options, isOwned ? status : undefined);
  verifier = new KeyVerifier(
    fresh,
    options,
    systemClock,
    new LocalRateLimiter(),
    new ReuseRecorder(repository, systemClock),
    new UsageRecorder(null, options),
  );
}

function prove(): void {
  changes.prove();
  ownerChanges.prove();
}

/** Verifies a token, and completes each read with this key. */
async function verifyWith(token: string, key: ApiKey | null, isActive = true): Promise<Verification> {
  const answer = verifier.verify(token, anything);
  await answerAll(key, isActive);
  return answer;
}

async function answerAll(key: ApiKey | null, isActive: boolean): Promise<void> {
  for (let round = 0; round < 4; round += 1) {
    for (const read of stored.begun) read.answer(key);
    for (const read of owners.begun) read.answer(isActive);
    await settled();
  }
}

/** Waits until this number of reads have begun. */
async function begunReads(count: number): Promise<void> {
  while (stored.begun.length < count) await settled();
}

/** Returns the code of a synchronous decision. */
function codeAtOnce(token: string, requirement = anything): string {
  const answer = verifier.verifyNow(token, requirement);
  if (answer instanceof Promise) throw new Error('a promise');
  return answer.code;
}

describe('a verification', () => {
  it('returns synchronously for a cached key that is proven fresh, otherwise as a promise', async () => {
    prove();
    const first = verifier.verifyNow(acme.token, anything);
    expect(first).toBeInstanceOf(Promise);
    stored.at(0).answer(acme.key);
    expect((await first).code).toBe('VALID');

    expect(codeAtOnce(acme.token)).toBe('VALID');
    expect(codeAtOnce(acme.token, { ...anything, tenant: { orgId: 'globex' } })).toBe('BINDING_MISMATCH');
    expect(codeAtOnce(acme.token, { ...anything, scopes: { allOf: ['memory:read'], anyOf: [] } })).toBe(
      'INSUFFICIENT_SCOPE',
    );
    expect(stored.begun).toHaveLength(1);

    time += MAX_AGE;
    const stale = verifier.verifyNow(acme.token, anything);
    expect(stale).toBeInstanceOf(Promise);
    stored.at(1).answer(acme.key);
    expect((await stale).code).toBe('VALID');
    prove();
    expect(codeAtOnce(acme.token)).toBe('VALID');
  });

  it('returns a promise even if the key is cached, unless verifyNow is called', async () => {
    prove();
    await verifyWith(acme.token, acme.key);
    expect(codeAtOnce(acme.token)).toBe('VALID');
    for (const answer of [verifier.verify(acme.token, anything), verifier.inspect(acme.token, anything)]) {
      expect(answer).toBeInstanceOf(Promise);
      expect(await answer).toMatchObject({ code: 'VALID' });
    }
  });

  it('returns MALFORMED synchronously and without a read for a malformed token', () => {
    expect(codeAtOnce('nonsense')).toBe('MALFORMED');
    expect(codeAtOnce('')).toBe('MALFORMED');
    expect(stored.begun).toEqual([]);
  });

  it('reads a key again after the feed announces its change, but not other keys', async () => {
    prove();
    await verifyWith(acme.token, acme.key);
    stored.begun.length = 0;
    await verifyWith(globex.token, globex.key);
    stored.begun.length = 0;

    changes.say(acme.key.id);
    const revoked = { ...acme.key, version: 2, revokedAt: new Date() };
    expect((await verifyWith(acme.token, revoked)).code).toBe('REVOKED');
    expect(codeAtOnce(acme.token)).toBe('REVOKED');
    expect(codeAtOnce(globex.token)).toBe('VALID');
    expect(stored.begun).toHaveLength(1);
  });

  it('checks the expiry at every use, without an announcement of the feed', async () => {
    prove();
    const expiresAt = new Date(Date.now() + 60_000);
    await verifyWith(acme.token, { ...acme.key, expiresAt });
    expect(codeAtOnce(acme.token)).toBe('VALID');
    jest.spyOn(systemClock, 'now').mockImplementation(() => new Date(expiresAt));
    expect(codeAtOnce(acme.token)).toBe('EXPIRED');
  });

  it('reads the store each time if there is no feed', async () => {
    await fresh.beforeApplicationShutdown();
    build(undefined, false);
    for (const index of [0, 1]) {
      const answer = verifier.verify(acme.token, anything);
      stored.at(index).answer(acme.key);
      expect((await answer).code).toBe('VALID');
    }
    expect(stored.begun).toHaveLength(2);
  });

  it('rejects with StorageUnavailableError if the store is unreachable', async () => {
    const answer = verifier.verify(acme.token, anything);
    stored.at(0).fail(new StorageUnavailableError(new Error('away')));
    await expect(answer).rejects.toThrow(StorageUnavailableError);
  });

  it('causes one read for a thousand concurrent first uses', async () => {
    const answers = Array.from({ length: 1000 }, async () => verifier.verify(acme.token, anything));
    stored.at(0).answer(acme.key);
    expect(new Set((await Promise.all(answers)).map(({ code }) => code))).toEqual(new Set(['VALID']));
    expect([stored.begun.length, owners.begun.length]).toEqual([1, 0]);
  });

  it('causes two reads for a thousand concurrent uses of an owned key', async () => {
    const owned = { ...acme.key, ownerId: ALICE };
    const answers = Array.from({ length: 1000 }, async () => verifier.verify(acme.token, anything));
    stored.at(0).answer(owned);
    await settled();
    owners.at(0).answer(true);
    expect(new Set((await Promise.all(answers)).map(({ code }) => code))).toEqual(new Set(['VALID']));
    expect([stored.begun.length, owners.begun.map(({ id }) => id)]).toEqual([1, [ALICE]]);
  });
});

describe('a secret that the cached record lacks', () => {
  it('causes one shared read, and gets NOT_FOUND if the read does not find it', async () => {
    prove();
    await verifyWith(acme.token, acme.key);
    stored.begun.length = 0;
    const forged = issueToken('kw', acme.key.id).token;
    const answers = Array.from({ length: 100 }, async () => verifier.verify(forged, anything));
    expect(stored.begun).toHaveLength(1);
    stored.at(0).answer(acme.key);
    expect(new Set((await Promise.all(answers)).map(({ code }) => code))).toEqual(new Set(['NOT_FOUND']));
    expect(stored.begun).toHaveLength(1);
    expect(codeAtOnce(forged)).toBe('NOT_FOUND');
    expect(codeAtOnce(acme.token)).toBe('VALID');
  });

  it('gets VALID after a rotation on another instance, even before the feed announces it', async () => {
    prove();
    await verifyWith(acme.token, acme.key);
    stored.begun.length = 0;
    const after = rotated(acme);
    expect((await verifyWith(after.token, after.key)).code).toBe('VALID');
    expect(codeAtOnce(after.token)).toBe('VALID');
    expect(codeAtOnce(acme.token)).toBe('ROTATED');
  });

  it('causes one read immediately and one in each fifth of the bound, even if 200 arrive [T43]', async () => {
    prove();
    await verifyWith(acme.token, acme.key);
    const kept = fresh.keys.peek(acme.key.id, time);
    stored.begun.length = 0;
    expect((await verifyWith(issueToken('kw', acme.key.id).token, acme.key)).code).toBe('NOT_FOUND');
    for (const round of [2, 3]) {
      const answers: Promise<Verification>[] = [];
      for (let index = 0; index < 200; index += 1) {
        time += 0.1;
        answers.push((async () => verifier.verify(issueToken('kw', acme.key.id).token, anything))());
      }
      await settled();
      expect(stored.begun).toHaveLength(round - 1);
      await begunReads(round);
      stored.at(round - 1).answer(acme.key);
      expect(new Set((await Promise.all(answers)).map(({ code }) => code))).toEqual(new Set(['NOT_FOUND']));
    }
    expect(stored.begun).toHaveLength(3);
    expect(fresh.keys.peek(acme.key.id, time)).toBe(kept);
    expect(codeAtOnce(acme.token)).toBe('VALID');
  });

  it('gets VALID from the next read while other requests guess secrets', async () => {
    prove();
    await verifyWith(acme.token, acme.key);
    stored.begun.length = 0;
    await verifyWith(issueToken('kw', acme.key.id).token, acme.key);
    time += 1;
    const guess = verifier.verify(issueToken('kw', acme.key.id).token, anything);
    const after = rotated(acme);
    const answer = verifier.verify(after.token, anything);
    await begunReads(2);
    stored.at(1).answer(after.key);
    expect([(await guess).code, (await answer).code]).toEqual(['NOT_FOUND', 'VALID']);
    expect(codeAtOnce(after.token)).toBe('VALID');
  });

  it('gets VALID after the feed announces the rotation, even while other requests guess secrets', async () => {
    prove();
    await verifyWith(acme.token, acme.key);
    await verifyWith(issueToken('kw', acme.key.id).token, acme.key);
    time += 1;
    const guess = verifier.verify(issueToken('kw', acme.key.id).token, anything);
    stored.begun.length = 0;
    changes.say(acme.key.id);
    const after = rotated(acme);
    expect((await verifyWith(after.token, after.key)).code).toBe('VALID');
    await begunReads(2);
    stored.at(1).answer(after.key);
    expect((await guess).code).toBe('NOT_FOUND');
  });

  it('waits for a read in progress, and gets VALID if that read finds it', async () => {
    prove();
    await verifyWith(acme.token, acme.key);
    stored.begun.length = 0;
    const after = rotated(acme);
    const first = verifier.verify(after.token, anything);
    time += 1;
    const second = verifier.verify(after.token, anything);
    expect(stored.begun).toHaveLength(1);
    stored.at(0).answer(after.key);
    expect([(await first).code, (await second).code]).toEqual(['VALID', 'VALID']);
    expect(stored.begun).toHaveLength(1);
  });

  it('causes no read if the feed proves that the record was current when the secret arrived', async () => {
    changes.provenAt = Infinity;
    ownerChanges.provenAt = Infinity;
    await verifyWith(acme.token, acme.key);
    for (let index = 0; index < 100; index += 1) {
      expect((await verifier.verify(issueToken('kw', acme.key.id).token, anything)).code).toBe('NOT_FOUND');
    }
    expect(stored.begun).toHaveLength(1);
    const after = rotated(acme);
    changes.say(acme.key.id);
    expect((await verifyWith(after.token, after.key)).code).toBe('VALID');
  });

  it('causes one shared read for 100 guesses without a proof of the feed', async () => {
    await verifyWith(acme.token, acme.key);
    stored.begun.length = 0;
    await verifyWith(issueToken('kw', acme.key.id).token, acme.key);
    time += 1;
    const answers = Array.from({ length: 100 }, async () =>
      verifier.verify(issueToken('kw', acme.key.id).token, anything),
    );
    await settled();
    expect(stored.begun).toHaveLength(1);
    await begunReads(2);
    stored.at(1).answer(acme.key);
    expect(new Set((await Promise.all(answers)).map(({ code }) => code))).toEqual(new Set(['NOT_FOUND']));
  });

  it('gets the error of the read that it waits for, and causes a new read at the next attempt', async () => {
    prove();
    await verifyWith(acme.token, acme.key);
    stored.begun.length = 0;
    await verifyWith(issueToken('kw', acme.key.id).token, acme.key);
    time += 1;
    const after = rotated(acme);
    const answer = (async () => verifier.verify(after.token, anything))();
    await begunReads(2);
    stored.at(1).fail(new StorageUnavailableError(new Error('away')));
    await expect(answer).rejects.toThrow(StorageUnavailableError);
    time += MAX_AGE / 2;
    expect((await verifyWith(after.token, after.key)).code).toBe('VALID');
  });

  it('gets VALID even if an older read in progress does not find it', async () => {
    prove();
    const older = verifier.verify(acme.token, anything);
    time += 5;
    const after = rotated(acme);
    const answer = verifier.verify(after.token, anything);
    expect(stored.begun).toHaveLength(1);
    stored.at(0).answer(acme.key);
    await settled();
    expect(stored.begun).toHaveLength(2);
    stored.at(1).answer(after.key);
    expect((await answer).code).toBe('VALID');
    expect((await older).code).toBe('VALID');
  });

  it('causes a new read after the maximum age, or after any key changes', async () => {
    prove();
    const forged = issueToken('kw', acme.key.id).token;
    expect((await verifyWith(forged, acme.key)).code).toBe('NOT_FOUND');
    expect(codeAtOnce(forged)).toBe('NOT_FOUND');
    changes.say(globex.key.id);
    stored.begun.length = 0;
    expect((await verifyWith(forged, acme.key)).code).toBe('NOT_FOUND');
    expect(stored.begun).toHaveLength(1);
    time += MAX_AGE;
    prove();
    expect(verifier.verifyNow(forged, anything)).toBeInstanceOf(Promise);
  });

  it('gets VALID as soon as its key exists, even after an older read that did not find the key', async () => {
    prove();
    const early = verifier.verify(acme.token, anything);
    time += 1;
    changes.say(acme.key.id);
    stored.at(0).answer(null);
    await settled();
    await answerAll(null, true);
    expect((await early).code).toBe('NOT_FOUND');
    stored.begun.length = 0;
    expect((await verifyWith(acme.token, acme.key)).code).toBe('VALID');
  });

  it('evicts no key, even if there are 1,000 of them [T42]', async () => {
    await fresh.beforeApplicationShutdown();
    const repository = { find: stored.load, changes } as unknown as ApiKeyRepository;
    fresh = new FreshKeys(repository, { storage: repository, freshness: { cacheMax: 2 } });
    prove();
    for (const { key } of [acme, globex]) {
      const reading = fresh.keys.read(key.id);
      stored.at(stored.begun.length - 1).answer(key);
      await reading;
    }
    for (let index = 0; index < 1000; index += 1) {
      const id = newKeyId(new Date());
      const reading = fresh.keys.read(id);
      stored.at(stored.begun.length - 1).answer(null);
      await reading;
      fresh.unknown.add(`digest ${index}`, time);
    }
    for (const { key } of [acme, globex]) expect(fresh.keys.peek(key.id, time)?.id).toBe(key.id);
  });
});

describe('a well-formed token of a key that does not exist', () => {
  it('gets NOT_FOUND, and causes one read for repeated uses', async () => {
    prove();
    expect(await verifyWith(acme.token, null)).toEqual({ code: 'NOT_FOUND' });
    expect(codeAtOnce(acme.token)).toBe('NOT_FOUND');
    expect(stored.begun).toHaveLength(1);
  });

  it('is looked up twice if a second request presents it during the first look-up', async () => {
    const older = verifier.verify(acme.token, anything);
    time += 5;
    const answer = verifier.verify(acme.token, anything);
    await answerAll(null, true);
    expect([(await older).code, (await answer).code]).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    expect(stored.begun).toHaveLength(2);
  });
});

describe('a token whose key is already being read', () => {
  it('waits for that read, and causes no other read if the secret is correct', async () => {
    const older = verifier.verify(acme.token, anything);
    time += 5;
    const answer = verifier.verify(acme.token, anything);
    await answerAll(acme.key, true);
    expect([(await older).code, (await answer).code]).toEqual(['VALID', 'VALID']);
    expect(stored.begun).toHaveLength(1);
  });
});

describe('a verification with noCache', () => {
  it('reads the store, and caches the result', async () => {
    prove();
    await verifyWith(acme.token, acme.key);
    stored.begun.length = 0;
    const answer = verifier.verify(acme.token, anything, { noCache: true });
    expect(answer).toBeInstanceOf(Promise);
    stored.at(0).answer({ ...acme.key, version: 2, enabled: false });
    expect((await answer).code).toBe('DISABLED');
    expect(codeAtOnce(acme.token)).toBe('DISABLED');
  });

  it('does not join a read in progress', async () => {
    const older = verifier.verify(acme.token, anything);
    time += 1;
    const answer = verifier.verify(acme.token, anything, { noCache: true });
    expect(stored.begun).toHaveLength(2);
    stored.at(1).answer({ ...acme.key, enabled: false });
    stored.at(0).answer(acme.key);
    expect((await answer).code).toBe('DISABLED');
    expect((await older).code).toBe('VALID');
  });

  it('reads the owner too', async () => {
    prove();
    const owned = { ...acme.key, ownerId: ALICE };
    await verifyWith(acme.token, owned);
    expect(codeAtOnce(acme.token)).toBe('VALID');
    time += 1;
    const answer = verifier.verify(acme.token, anything, { noCache: true });
    stored.at(1).answer(owned);
    await settled();
    owners.at(1).answer(false);
    expect((await answer).code).toBe('OWNER_DISABLED');
  });
});

describe('the owner of a key', () => {
  beforeEach(() => {
    acme = holderOf({ orgId: 'acme', ownerId: ALICE });
    globex = holderOf({ orgId: 'globex', ownerId: BOB });
  });

  it('is read once, and again after the feed announces its change or becomes stale', async () => {
    prove();
    expect((await verifyWith(acme.token, acme.key)).code).toBe('VALID');
    expect(codeAtOnce(acme.token)).toBe('VALID');

    ownerChanges.say(ALICE);
    expect((await verifyWith(acme.token, acme.key, false)).code).toBe('OWNER_DISABLED');
    expect(codeAtOnce(acme.token)).toBe('OWNER_DISABLED');
    expect(owners.begun.map(({ id }) => id)).toEqual([ALICE, ALICE]);

    time += MAX_AGE;
    changes.prove();
    const answer = verifier.verify(acme.token, anything);
    expect(answer).toBeInstanceOf(Promise);
    await answerAll(acme.key, true);
    expect(owners.begun.map(({ linearizable }) => linearizable)).toEqual([false, false, true]);
    expect((await answer).code).toBe('VALID');
  });

  it('stays cached if another owner changes', async () => {
    prove();
    await verifyWith(acme.token, acme.key);
    stored.begun.length = 0;
    owners.begun.length = 0;
    await verifyWith(globex.token, globex.key, false);
    ownerChanges.say(BOB);
    expect(codeAtOnce(acme.token)).toBe('VALID');
    expect(verifier.verifyNow(globex.token, anything)).toBeInstanceOf(Promise);
  });

  it('is not read for a wrong secret', async () => {
    prove();
    const forged = issueToken('kw', acme.key.id).token;
    expect((await verifyWith(forged, acme.key)).code).toBe('NOT_FOUND');
    expect(owners.begun).toEqual([]);
  });

  it('is not looked up for a wrong secret, so that guesses do not keep it in the cache', async () => {
    await verifyWith(acme.token, acme.key);
    prove();
    const looked = jest.spyOn(fresh, 'peekState');
    expect((await verifyWith(rotated(acme).token, acme.key)).code).toBe('NOT_FOUND');
    expect(looked).not.toHaveBeenCalled();
    expect((await verifyWith(acme.token, acme.key)).code).toBe('VALID');
    expect(looked).toHaveBeenCalled();
  });

  it('counts as active if no owner status is provided', async () => {
    await fresh.beforeApplicationShutdown();
    build(changes, false);
    prove();
    expect((await verifyWith(acme.token, acme.key)).code).toBe('VALID');
    expect(codeAtOnce(acme.token)).toBe('VALID');
  });

  it('causes a new read of the key if reading the owner was slow', async () => {
    const answer = verifier.verify(acme.token, anything);
    time += MAX_AGE / 2;
    stored.at(0).answer(acme.key);
    await settled();
    time += MAX_AGE / 2;
    owners.at(0).answer(true);
    await settled();
    expect(stored.begun).toHaveLength(2);
    await answerAll({ ...acme.key, enabled: false }, true);
    expect((await answer).code).toBe('DISABLED');
  });
});

/** Uses a limiter that allows every request after this delay. */
function limitedBy(delayMs: number): void {
  const options = { storage: {} as ApiKeyRepository };
  const limiter = {
    consume: async () => {
      time += delayMs;
      const state = { name: 'default', limit: 5, windowSeconds: 60, remaining: 4, resetSeconds: 60 };
      return { rateLimits: [{ of: 'key' as const, ...state }] };
    },
  };
  const reuse = new ReuseRecorder(options.storage, systemClock);
  verifier = new KeyVerifier(fresh, options, systemClock, limiter, reuse, new UsageRecorder(null, options));
}

describe('a key with a rate limit', () => {
  beforeEach(() => {
    acme = holderOf({ orgId: 'acme', rateLimits: [{ name: 'default', limit: 5, windowSeconds: 60 }] });
    prove();
  });

  it('is read once if its limiter is fast', async () => {
    limitedBy(1);
    await expect(verifyWith(acme.token, acme.key)).resolves.toMatchObject({ rateLimits: [{ remaining: 4 }] });
    expect(await verifier.verify(acme.token, anything)).toMatchObject({ code: 'VALID' });
    expect(stored.begun).toHaveLength(1);
  });

  it('gets REVOKED if it is revoked while its limiter is slow', async () => {
    limitedBy(MAX_AGE);
    const answer = verifier.verify(acme.token, anything);
    stored.at(0).answer(acme.key);
    await settled();
    stored.at(1).answer({ ...acme.key, revokedAt: new Date() });
    expect((await answer).code).toBe('REVOKED');
  });

  it('gets VALID with its new record if it changes while its limiter is slow', async () => {
    limitedBy(MAX_AGE);
    const answer = verifier.verify(acme.token, anything);
    stored.at(0).answer(acme.key);
    await settled();
    const narrowed = { ...acme.key, orgId: 'globex', scopes: ['memory:read'] };
    stored.at(1).answer(narrowed);
    expect(await answer).toMatchObject({
      code: 'VALID',
      key: prepareKey(narrowed).key,
      rateLimits: [{ remaining: 4 }],
    });
  });

  it('is read from the store again with noCache if its limiter is slow', async () => {
    await verifyWith(acme.token, acme.key);
    limitedBy(MAX_AGE / 4);
    stored.begun.length = 0;
    const answer = verifier.verify(acme.token, anything, { noCache: true });
    for (const read of [0, 1]) {
      stored.at(read).answer(acme.key);
      await settled();
    }
    expect((await answer).code).toBe('VALID');
    expect(stored.begun).toHaveLength(2);
  });
});

describe('possession of the current token', () => {
  const possession: Requirement = { ...anything, possession: true };

  it('is verified without a read of the owner, from the store and from the cache', async () => {
    const owned = holderOf({ ownerId: ALICE });
    prove();
    const answer = verifier.verify(owned.token, possession);
    stored.at(0).answer(owned.key);
    expect((await answer).code).toBe('VALID');
    expect(verifier.verifyNow(owned.token, possession)).toMatchObject({ code: 'VALID' });
    expect(owners.begun).toHaveLength(0);
  });

  it('gets ROTATED for a token in its grace period, without a report of reuse', async () => {
    const now = new Date();
    const [secret] = acme.key.secrets;
    const inGrace = { hash: secret?.hash ?? '', createdAt: now, retiresAt: new Date(now.getTime() + 60_000) };
    const key = { ...acme.key, secrets: [inGrace, { hash: 'c0'.repeat(32), createdAt: now }] };
    const reused = jest.spyOn(ReuseRecorder.prototype, 'report');
    prove();
    const answer = verifier.verify(acme.token, possession);
    stored.at(0).answer(key);
    expect((await answer).code).toBe('ROTATED');
    expect(reused).not.toHaveBeenCalled();
    expect(verifier.verifyNow(acme.token, anything)).toMatchObject({ code: 'VALID' });
  });
});

describe('a token of another system', () => {
  it('is verified synchronously if its key is cached', async () => {
    const token = 'globex-0123456789abcdef0123456789abcdef';
    const { keyId: id, digest } = parseToken(token, ['globex-']) ?? { keyId: '', digest: '' };
    const key = aKey({ id, orgId: 'globex', secrets: [{ hash: hexOf(digest), createdAt: new Date() }] });
    build(changes, true, ['globex-']);
    prove();
    expect((await verifyWith(token, key)).code).toBe('VALID');
    expect(codeAtOnce(token)).toBe('VALID');
    expect(codeAtOnce(token.replace('globex', 'acme'))).toBe('MALFORMED');
    expect(stored.begun).toHaveLength(1);
  });
});

describe('a malformed token', () => {
  it('gets MALFORMED without a read, even if it contains the id of a cached key', async () => {
    prove();
    await verifyWith(acme.token, acme.key);
    for (const index of [0, 5, 40, acme.token.length - 1]) {
      const wrong = `${acme.token.slice(0, index)}${acme.token[index] === 'x' ? 'y' : 'x'}${acme.token.slice(index + 1)}`;
      expect(codeAtOnce(wrong)).toBe('MALFORMED');
    }
    expect(stored.begun).toHaveLength(1);
  });
});

describe('a caller without type checks', () => {
  const { scopes } = anything;

  it.each<[string, object, string[]]>([
    ['a misspelt tenant', { scopes, tenent: { orgId: 'globex' } }, ['/tenent', '/tenant']],
    ['a misspelt organisation', { scopes, tenant: { org: 'globex' } }, ['/tenant/org']],
    ['an organisation that is not text', { scopes, tenant: { orgId: ['globex'] } }, ['/tenant/orgId']],
    ['no scopes', { tenant: undefined }, ['/scopes']],
    [
      'a misspelt list of scopes',
      { scopes: { ...scopes, all: ['memory:read'] }, tenant: undefined },
      ['/scopes/all'],
    ],
    ['a list instead of an object', { scopes: ['memory:read'], tenant: undefined }, ['/scopes']],
    ['text instead of a list', { scopes: { allOf: '', anyOf: [] }, tenant: undefined }, ['/scopes/allOf']],
    [
      'a flat list of alternatives',
      { scopes: { allOf: [], anyOf: ['a:b'] }, tenant: undefined },
      ['/scopes/anyOf'],
    ],
    ['a wildcard', { scopes: { allOf: ['*'], anyOf: [] }, tenant: undefined }, ['/scopes/allOf']],
  ])(
    'gets validation_failed for a requirement with %s, before any key is read',
    async (_what, wrong, fields) => {
      const requirement = wrong as Requirement;
      const named = { code: 'validation_failed', extensions: { errors: fields.map((field) => ({ field })) } };
      await expect(verifier.verify(acme.token, requirement)).rejects.toMatchObject(named);
      await expect(verifier.inspect(acme.token, requirement)).rejects.toMatchObject(named);
      expect(stored.begun).toHaveLength(0);
    },
  );

  it.each<[string, unknown, string]>([
    ['a misspelt option', { nocache: true }, '/nocache'],
    ['an option of another type', { noCache: 'false' }, '/noCache'],
  ])('gets validation_failed for %s, before any key is read', async (_what, options, field) => {
    const named = { code: 'validation_failed', extensions: { errors: [{ field }] } };
    await expect(verifier.verify(acme.token, anything, options as VerifyOptions)).rejects.toMatchObject(
      named,
    );
    expect(stored.begun).toHaveLength(0);
  });

  it.each([undefined, null, 7, ['token']])('gets validation_failed for the token %j', async (token) => {
    const named = { extensions: { errors: [{ field: '/token', message: 'must be text' }] } };
    await expect(verifier.verify(token as unknown as string, anything)).rejects.toMatchObject(named);
  });
});
