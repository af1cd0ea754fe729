import { settled } from '../../../test/support/held-reads';
import { ScriptedFeed } from '../../../test/support/scripted-feed';
import { ScriptedPolicies } from '../../../test/support/scripted-policies';
import { StorageUnavailableError } from '../../problems/storage.errors';
import { aKey, ALICE, BOB } from '../../testing/contract/key-fixtures';
import type { ApiKey } from '../domain/api-key';
import type { Requirement } from '../domain/decision';
import { newKeyId } from '../domain/key-id';
import { issueToken, parseToken } from '../domain/token/key-token';
import { LocalRateLimiter } from '../limits/local-rate-limiter';
import { systemClock } from '../ports/clock';
import type { Policies } from '../ports/policies';
import type { ApiKeyRepository } from '../storage/api-key.repository';
import { UsageRecorder } from '../usage/usage-recorder';
import { FreshKeys } from './fresh-keys';
import { KeyVerifier, type VerifyOptions } from './key-verifier';
import { KeyWatch } from './key-watch';
import { ReuseRecorder } from './reuse-recorder';

const BOUND = 1000;
const MAX_AGE = 800;
const anything: Requirement = {
  scopes: { allOf: [], anyOf: [] },
  tenant: undefined,
  clientAddress: undefined,
};
const unreachable = new StorageUnavailableError(new Error('unreachable'));

let time: number;
let keys: Map<string, ApiKey>;
let keyReads: string[];
let ownerReads: string[];
let keyFeed: ScriptedFeed;
let policyFeed: ScriptedFeed;
let policies: ScriptedPolicies;
let fresh: FreshKeys;
let verifier: KeyVerifier;

beforeEach(() => {
  time = 10_000;
  jest.spyOn(performance, 'now').mockImplementation(() => time);
  keys = new Map();
  keyReads = [];
  ownerReads = [];
  keyFeed = new ScriptedFeed();
  policyFeed = new ScriptedFeed();
  policies = new ScriptedPolicies(policyFeed);
  build(policies);
  prove();
});
afterEach(async () => {
  await fresh.beforeApplicationShutdown();
  jest.restoreAllMocks();
});

function build(provided: Policies | undefined): void {
  const repository = {
    find: async (id: string) => {
      keyReads.push(id);
      return keys.get(id) ?? null;
    },
    changes: keyFeed,
  } as unknown as ApiKeyRepository;
  const owners = {
    changes: keyFeed,
    isActive: async (id: string) => {
      ownerReads.push(id);
      return true;
    },
  };
  const options = { storage: repository };
  const reuse = new ReuseRecorder(repository, systemClock);
  fresh = new FreshKeys(repository, options, owners, provided);
  const usage = new UsageRecorder(null, options);
  verifier = new KeyVerifier(fresh, options, systemClock, new LocalRateLimiter(), reuse, usage);
}

function prove(): void {
  keyFeed.prove();
  policyFeed.prove();
}

/** Stores a key, and returns its token. */
function give(fields: Partial<ApiKey> = {}): string {
  const { keyId: id, hash, token } = issueToken('kw', newKeyId(new Date()));
  keys.set(id, aKey({ id, scopes: ['memory:*'], secrets: [{ hash, createdAt: new Date() }], ...fields }));
  return token;
}

/** Changes a policy and announces it. */
function set(...[id, rules]: Parameters<ScriptedPolicies['set']>): void {
  policies.set(id, rules);
  policyFeed.say(id);
}

async function codeOf(token: string, options?: VerifyOptions, requirement = anything): Promise<string> {
  return (await verifier.verify(token, requirement, options)).code;
}

/** Returns whether the verifier decides about a token without waiting. */
function isAtOnce(token: string): boolean {
  return !(verifier.inspectNow(token, anything) instanceof Promise);
}

describe('the policies of a key', () => {
  it.each<[string, Partial<ApiKey>, string[]]>([
    ['an organisation', { orgId: 'acme' }, ['org:acme', 'default']],
    ['an owner', { ownerId: ALICE }, [`owner:${ALICE}`]],
    ['both', { orgId: 'acme', ownerId: ALICE }, ['org:acme', `owner:${ALICE}`, 'default']],
    ['neither', {}, []],
    ['only a project', { projectId: 'apollo' }, []],
  ])(
    'are read once for a key with %s, then cached, also if they do not exist',
    async (_what, fields, read) => {
      const token = give(fields);
      expect(await codeOf(token)).toBe('VALID');
      expect(policies.reads).toEqual(read);
      expect(isAtOnce(token)).toBe(true);
      expect(await codeOf(token)).toBe('VALID');
      expect(policies.reads).toEqual(read);
    },
  );

  it('are read once for many keys of one organisation, and the default policy once for all', async () => {
    set('org:globex', {});
    const tokens = [give({ orgId: 'acme' }), give({ orgId: 'acme' }), give({ orgId: 'hooli' })];
    for (const token of [...tokens, give({ orgId: 'globex' })]) await codeOf(token);
    expect(policies.reads).toEqual(['org:acme', 'default', 'org:hooli', 'org:globex']);
  });

  it('cost a burst on a cold key one read of each record', async () => {
    const token = give({ orgId: 'acme', ownerId: ALICE });
    const codes = await Promise.all(Array.from({ length: 50 }, async () => codeOf(token)));
    expect(new Set(codes)).toEqual(new Set(['VALID']));
    expect([keyReads.length, ownerReads.length]).toEqual([1, 1]);
    expect(policies.reads.toSorted()).toEqual(['default', 'org:acme', `owner:${ALICE}`]);
  });

  it('are not asked for if no policies are provided', async () => {
    build(undefined);
    const token = give({ orgId: 'acme', ownerId: ALICE });
    expect(await codeOf(token)).toBe('VALID');
    expect([isAtOnce(token), policies.reads]).toEqual([true, []]);
  });

  it('are neither read nor looked up for tokens of no key and for wrong secrets [T129]', async () => {
    const token = give({ orgId: 'acme', ownerId: ALICE });
    const { keyId } = parseToken(token) ?? { keyId: '' };
    const forged = [issueToken('kw', keyId).token, issueToken('kw', newKeyId(new Date())).token, 'nonsense'];
    for (const each of forged) await codeOf(each);
    expect([policies.reads, ownerReads, fresh.policies?.size]).toEqual([[], [], 0]);
    await codeOf(token);
    const looked = jest.spyOn(fresh, 'peekState');
    const read = policies.reads.length;
    time += MAX_AGE / 2;
    prove();
    for (const each of forged) expect(await codeOf(each)).toMatch(/NOT_FOUND|MALFORMED/);
    expect([policies.reads.length, looked.mock.calls.length]).toEqual([read, 0]);
  });

  it('never suspend a key of another tenant', async () => {
    const [acme, globex, alice] = [
      give({ orgId: 'acme' }),
      give({ orgId: 'globex' }),
      give({ ownerId: ALICE }),
    ];
    const [bob, unbound] = [give({ ownerId: BOB }), give()];
    set('org:acme', { suspended: true });
    set(`owner:${ALICE}`, { suspended: true });
    const codes = await Promise.all([acme, alice, globex, bob, unbound].map(async (token) => codeOf(token)));
    expect(codes).toEqual(['TENANT_SUSPENDED', 'TENANT_SUSPENDED', 'VALID', 'VALID', 'VALID']);
  });

  it('change decisions as soon as a change is announced, from one read of the policy [T129]', async () => {
    const token = give({ orgId: 'acme' });
    await codeOf(token);
    set('org:acme', { suspended: true });
    expect(await codeOf(token)).toBe('TENANT_SUSPENDED');
    expect(verifier.inspectNow(token, anything)).toMatchObject({ code: 'TENANT_SUSPENDED' });
    set('org:acme', { allowedScopes: ['memory:read'] });
    expect(await verifier.verify(token, anything)).toMatchObject({ key: { scopes: ['memory:read'] } });
    policies.remove('org:acme');
    policyFeed.say('org:acme');
    expect(await verifier.verify(token, anything)).toMatchObject({ key: { scopes: ['memory:*'] } });
    expect(policies.reads).toEqual(['org:acme', 'default', 'org:acme', 'org:acme', 'org:acme']);
  });

  it('follow the key when it moves to another organisation', async () => {
    set('org:globex', { suspended: true });
    const token = give({ orgId: 'acme' });
    expect(await codeOf(token)).toBe('VALID');
    for (const [id, key] of keys) {
      keys.set(id, { ...key, orgId: 'globex' });
      keyFeed.say(id);
    }
    expect(await codeOf(token)).toBe('TENANT_SUSPENDED');
  });

  it('narrow a key once for each change, and give it the same list of scopes each time', async () => {
    set('org:acme', { allowedScopes: ['memory:read'] });
    const token = give({ orgId: 'acme' });
    await codeOf(token);
    const [one, two] = [await verifier.verify(token, anything), await verifier.verify(token, anything)];
    expect(one.key?.scopes).toEqual(['memory:read']);
    expect(two.key?.scopes).toBe(one.key?.scopes);
  });

  it('come with a valid decision, so that their limits can be counted', async () => {
    const rateLimits = [{ name: 'total', limit: 5, windowSeconds: 60 }];
    set('org:acme', { rateLimits });
    expect(await verifier.verify(give({ orgId: 'acme' }), anything)).toMatchObject({
      policies: [{ id: 'org:acme', rateLimits }],
    });
    expect(await verifier.verify(give({ orgId: 'globex' }), anything)).not.toHaveProperty('policies');
  });
});

describe('while the feed of the policies is stale', () => {
  it('each decision reads the policies again, linearizable, and never uses an old answer [T129]', async () => {
    const [token, unbound] = [give({ orgId: 'acme' }), give()];
    await codeOf(token);
    await codeOf(unbound);
    time += MAX_AGE;
    keyFeed.prove();
    policies.set('org:acme', { suspended: true });
    expect(isAtOnce(unbound)).toBe(true);
    expect(isAtOnce(token)).toBe(false);
    policies.reads.length = 0;
    expect(await codeOf(token)).toBe('TENANT_SUSPENDED');
    expect(policies.reads).toEqual(['org:acme!']);
    expect(fresh.isStale).toBe(true);
  });

  it('the age of a decision is that of its oldest proof', async () => {
    const token = give({ orgId: 'acme', ownerId: ALICE });
    await codeOf(token);
    const prepared = fresh.keys.recall(parseToken(token)?.keyId ?? '');
    if (prepared === undefined) throw new Error('the key is not cached');
    time += 100;
    keyFeed.prove();
    expect(fresh.provenAt(prepared, time)).toBe(time - 100);
    time += 50;
    policyFeed.prove();
    expect(fresh.provenAt(prepared, time)).toBe(time - 50);
  });

  it('a cached policy that is too old when the other reads end is read again', async () => {
    await codeOf(give({ orgId: 'acme' }));
    const token = give({ orgId: 'acme', ownerId: ALICE });
    policies.reads.length = 0;
    const find = jest.spyOn(policies, 'find').mockImplementationOnce(async (id) => {
      // The read of the owner's policy is slow. Meanwhile, the policy of acme becomes too old.
      time += MAX_AGE;
      policies.set('org:acme', { suspended: true });
      keyFeed.prove();
      return { id, exists: false, suspended: false, rateLimits: [] };
    });
    expect(await codeOf(token)).toBe('TENANT_SUSPENDED');
    expect(find).toHaveBeenCalled();
  });
});

describe('while policies cannot be read', () => {
  it('keys with an organisation or an owner are rejected as unavailable, others are not [T129]', async () => {
    policies.fault = unreachable;
    for (const token of [give({ orgId: 'acme' }), give({ ownerId: ALICE })]) {
      await expect(codeOf(token)).rejects.toBe(unreachable);
    }
    expect(await codeOf(give())).toBe('VALID');
  });

  it('and while the tenant is suspended, possession of the current token is enough', async () => {
    const token = give({ orgId: 'acme', ownerId: ALICE });
    const possession = { ...anything, possession: true };
    policies.fault = unreachable;
    expect(await codeOf(token, {}, possession)).toBe('VALID');
    expect(await codeOf(token, { noCache: true }, possession)).toBe('VALID');
    expect(policies.reads).toEqual([]);
    policies.fault = undefined;
    set('org:acme', { suspended: true });
    expect(await codeOf(token)).toBe('TENANT_SUSPENDED');
    expect(await codeOf(token, {}, possession)).toBe('VALID');
  });
});

describe('a verification without the cache', () => {
  it('reads the key, its owner and its policies from the store', async () => {
    const token = give({ orgId: 'acme', ownerId: ALICE });
    await codeOf(token);
    policies.set('org:acme', { suspended: true });
    expect(await codeOf(token)).toBe('VALID');
    policies.reads.length = 0;
    expect(await codeOf(token, { noCache: true })).toBe('TENANT_SUSPENDED');
    expect(policies.reads.toSorted()).toEqual(['org:acme', `owner:${ALICE}`]);
    expect([keyReads.length, ownerReads.length]).toEqual([2, 2]);
  });
});

/** Lets turns of the watch pass in which only the feed of the keys proves freshness, or both feeds. */
async function pass(turns: number, provesPolicies: boolean): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    time += BOUND / 4;
    keyFeed.prove();
    if (provesPolicies) policyFeed.prove();
    jest.advanceTimersByTime(BOUND / 4);
    await settled();
  }
}

describe('an open connection', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['performance', 'Date', 'nextTick', 'setImmediate'] }));
  afterEach(() => jest.useRealTimers());

  it('ends when its tenant is suspended or its policies cannot be proven, and not before [T129]', async () => {
    const watch = new KeyWatch(fresh, systemClock);
    const ends: string[] = [];
    const follow = async (fields: Partial<ApiKey>): Promise<void> => {
      const token = give(fields);
      await codeOf(token);
      const parsed = parseToken(token);
      if (parsed === null) throw new Error('the token is malformed');
      watch.watch(parsed, anything, ({ code }) => ends.push(`${fields.orgId ?? 'none'} ${code}`));
    };
    await follow({ orgId: 'acme' });
    await follow({ orgId: 'globex' });
    await follow({});
    await pass(8, true);
    const read = policies.reads.length;
    set('org:acme', { suspended: true });
    await pass(2, true);
    expect([ends, policies.reads.length]).toEqual([['acme TENANT_SUSPENDED'], read + 1]);
    await pass(2, false);
    expect(ends).toEqual(['acme TENANT_SUSPENDED']);
    await pass(2, false);
    expect(ends).toEqual(['acme TENANT_SUSPENDED', 'globex UNAVAILABLE']);
    watch.beforeApplicationShutdown();
  });
});
