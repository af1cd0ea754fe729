import { StorageConfig } from '../../config/storage.config';
import { ProblemException } from '../../problems/problem.exception';
import type { ApiKeysOptions } from '../options/api-keys.options';
import type { ApiKey, ApiKeyWithHistory } from '../domain/api-key';
import type { Requirement } from '../domain/decision';
import { newKeyId } from '../domain/key-id';
import { issueToken } from '../domain/token/key-token';
import { FailedCredentials } from '../limits/failed-credentials';
import { LocalRateLimiter } from '../limits/local-rate-limiter';
import { MemoryApiKeyRepository } from '../storage/memory-api-key.repository';
import { StorageUnavailableError } from '../../problems/storage.errors';
import { UsageRecorder } from '../usage/usage-recorder';
import { DecisionMetrics } from '../verification/decision-metrics';
import { FreshKeys } from '../verification/fresh-keys';
import { KeyVerifier } from '../verification/key-verifier';
import { KeyWatch } from '../verification/key-watch';
import { ReuseRecorder } from '../verification/reuse-recorder';
import type { Passed } from '../verification/verification';
import { Admission } from './admission';
import type { PresentedCredential } from './header-credential';
import { loggedDecisionOf } from './logged-decision';

const NOON = new Date('2027-01-31T12:00:00.000Z');
const clock = { now: (): Date => new Date(NOON) };
const required: Requirement = {
  scopes: { allOf: ['memory:read'], anyOf: [] },
  tenant: { orgId: 'acme' },
  clientAddress: '203.0.113.7',
};

/** Admission that always returns a promise. */
interface Waiting {
  admit(...asked: Parameters<Admission['admit']>): Promise<Passed>;
  admitSession: Admission['admitSession'];
}

/** Admission that allows two failures a minute. */
function door(): { repository: MemoryApiKeyRepository; admission: Waiting } {
  const repository = new MemoryApiKeyRepository(new StorageConfig().permitVolatile('the store of this test'));
  const options: ApiKeysOptions = {
    storage: 'memory',
    http: { realm: 'acme' },
    limits: { failedCredentials: { limit: 2, windowSeconds: 60 } },
  };
  const reuse = new ReuseRecorder(repository, clock);
  const fresh = new FreshKeys(repository, options);
  const verifier = new KeyVerifier(
    fresh,
    options,
    clock,
    new LocalRateLimiter(),
    reuse,
    new UsageRecorder(null, options),
  );
  const admission = new Admission(
    verifier,
    new FailedCredentials(options),
    new DecisionMetrics(),
    new KeyWatch(fresh, clock),
    options,
  );
  return {
    repository,
    admission: {
      admit: async (...asked) => admission.admit(...asked),
      admitSession: admission.admitSession.bind(admission),
    },
  };
}

async function keep(
  repository: MemoryApiKeyRepository,
  part: Partial<ApiKey> = {},
): Promise<{ id: string; credential: PresentedCredential & { kind: 'token' } }> {
  const { keyId: id, hash, token } = issueToken('kw', newKeyId(NOON));
  const key: ApiKeyWithHistory = {
    id,
    name: 'reader of acme',
    createdBy: 'cli',
    scopes: ['memory:read'],
    orgId: 'acme',
    allowedIps: [],
    rateLimits: [],
    metadata: {},
    enabled: true,
    secrets: [{ hash, createdAt: NOON }],
    version: 1,
    createdAt: NOON,
    updatedAt: NOON,
    history: [{ changeId: `made ${id}`, action: 'created', at: NOON, by: 'cli', version: 1 }],
    historyDropped: 0,
    ...part,
  };
  await repository.insert(key);
  return { id, credential: { kind: 'token', scheme: 'bearer', token } };
}

async function refusal(admitted: Promise<unknown>): Promise<ProblemException> {
  const error: unknown = await admitted.then(
    () => new Error('the request was allowed'),
    (reason: unknown) => reason,
  );
  if (error instanceof ProblemException) return error;
  throw error;
}
const codeOf = async (admitted: Promise<unknown>): Promise<string> => (await refusal(admitted)).problem.code;

const stranger: PresentedCredential = { kind: 'token', scheme: 'bearer', token: 'kw_1' };

describe('a request to an uncached route', () => {
  const uncached = ['guard', { noCache: true }] as const;

  it('causes a store read for a valid key, but not for a forged, unknown or insufficient one [T13]', async () => {
    const { admission, repository } = door();
    const { id, credential } = await keep(repository);
    const token = issueToken('kw', id).token;
    const forged: PresentedCredential = { ...credential, token };
    const unknown: PresentedCredential = { ...credential, token: issueToken('kw', newKeyId(NOON)).token };
    const beyond = { ...required, scopes: { allOf: ['billing:read'], anyOf: [] } };
    await admission.admit(credential, required);
    for (const bad of [forged, unknown]) await refusal(admission.admit(bad, required));

    const reads = jest.spyOn(repository, 'find');
    for (const bad of [forged, unknown]) {
      expect(await codeOf(admission.admit(bad, required, ...uncached))).toMatch(
        /invalid_token|too_many_failures/,
      );
    }
    expect(await codeOf(admission.admit(credential, beyond, ...uncached))).toBe('insufficient_scope');
    expect(reads).not.toHaveBeenCalled();
    expect(await admission.admit(credential, required, ...uncached)).toMatchObject({
      code: 'VALID',
      key: { id },
    });
    expect(reads).toHaveBeenCalledTimes(1);
  });

  it('counts once against the rate limit of the key', async () => {
    const { admission, repository } = door();
    const { credential } = await keep(repository, {
      rateLimits: [{ name: 'default', limit: 2, windowSeconds: 60 }],
    });
    const { rateLimits } = await admission.admit(credential, required, ...uncached);
    expect(rateLimits?.[0]?.remaining).toBe(1);
  });
});

describe('a request with a valid key', () => {
  it('is allowed and gets the record of its key', async () => {
    const { admission, repository } = door();
    const { id, credential } = await keep(repository);
    expect(await admission.admit(credential, required)).toMatchObject({
      code: 'VALID',
      key: { id, orgId: 'acme' },
      secret: { createdAt: NOON },
    });
  });

  it('is allowed with the key id as user name, and gets 401 with any other user name', async () => {
    const { admission, repository } = door();
    const [mine, other] = [await keep(repository), await keep(repository)];
    const under = (userName: string): Promise<unknown> =>
      admission.admit({ ...mine.credential, userName }, required);
    await expect(under(mine.id)).resolves.toMatchObject({ code: 'VALID', key: { id: mine.id } });
    const refused = await refusal(under(other.id));
    expect(refused.problem).toMatchObject({ code: 'user_name_mismatch', status: 401 });
    expect(refused.headers['WWW-Authenticate']).toMatch(/^Bearer realm="acme", error="invalid_token"/);
    expect(loggedDecisionOf(refused)).toBeUndefined();
    expect(await codeOf(under(''))).toBe('user_name_mismatch');
    expect(await codeOf(under(mine.id.toUpperCase()))).toBe('user_name_mismatch');
  });

  it('gets 429 above the rate limit of the key, and does not count as a failed credential', async () => {
    const { admission, repository } = door();
    const { credential } = await keep(repository, {
      rateLimits: [{ name: 'default', limit: 1, windowSeconds: 60 }],
    });
    expect((await admission.admit(credential, required)).rateLimits).toMatchObject([{ remaining: 0 }]);
    for (let time = 0; time < 4; time += 1) {
      const refused = await refusal(admission.admit(credential, required));
      expect(refused.problem).toMatchObject({ code: 'rate_limited', status: 429 });
      expect(refused.problem.detail).toMatch(/seconds in Retry-After/);
      expect(loggedDecisionOf(refused)).toMatchObject({ code: 'RATE_LIMITED' });
      expect(refused.headers).toMatchObject({
        'RateLimit-Policy': '"key:default";q=1;w=60',
        'Retry-After': expect.stringMatching(/^\d+$/) as unknown,
      });
    }
    expect(await codeOf(admission.admit(stranger, required))).toBe('malformed_token');
  });
});

describe('a rejected client', () => {
  it('gets 429 from the third failed credential on, and is still allowed with a valid key', async () => {
    const { admission, repository } = door();
    const { credential } = await keep(repository);
    expect(await codeOf(admission.admit(stranger, required))).toBe('malformed_token');
    expect(await codeOf(admission.admit(stranger, required))).toBe('malformed_token');
    const refused = await refusal(admission.admit(stranger, required));
    expect(refused.problem).toMatchObject({ code: 'too_many_failures', status: 429 });
    expect(refused.problem.detail).toMatch(/valid API key, or wait/);
    expect(Number(refused.headers['Retry-After'])).toBeGreaterThan(0);
    expect(Number(refused.headers['Retry-After'])).toBeLessThanOrEqual(60);
    await expect(admission.admit(credential, required)).resolves.toMatchObject({ code: 'VALID' });
  });

  it('adds to the failures of its network; clients with unknown addresses share one counter', async () => {
    const { admission } = door();
    const from = async (clientAddress: string | undefined): Promise<string> =>
      codeOf(admission.admit(stranger, { ...required, clientAddress }));
    for (let time = 0; time < 2; time += 1) expect(await from('2001:db8::1')).toBe('malformed_token');
    expect(await from('2001:db8::2')).toBe('too_many_failures');
    expect(await from('2001:db8:0:1::1')).toBe('malformed_token');
    expect(await from(undefined)).toBe('malformed_token');
    expect(await from('acme')).toBe('malformed_token');
    expect(await from(undefined)).toBe('too_many_failures');
  });

  it.each<[string, Partial<ApiKey>, string]>([
    ['revoked', { revokedAt: NOON }, 'key_revoked'],
    ['disabled', { enabled: false }, 'key_disabled'],
    ['expired', { expiresAt: NOON }, 'key_expired'],
  ])('is counted as a failure if its key is %s', async (_state, part, code) => {
    const { admission, repository } = door();
    const { credential } = await keep(repository, part);
    for (let time = 0; time < 2; time += 1)
      expect(await codeOf(admission.admit(credential, required))).toBe(code);
    expect(await codeOf(admission.admit(credential, required))).toBe('too_many_failures');
  });

  it.each<[string, Partial<ApiKey>, string]>([
    ['is bound to globex', { orgId: 'globex' }, 'binding_mismatch'],
    ['lacks the scope', { scopes: [] }, 'insufficient_scope'],
    ['may not be used from its address', { allowedIps: ['198.51.100.7'] }, 'ip_not_allowed'],
  ])('is not counted as a failure if its valid key %s', async (_state, part, code) => {
    const { admission, repository } = door();
    const { credential } = await keep(repository, part);
    for (let time = 0; time < 4; time += 1)
      expect(await codeOf(admission.admit(credential, required))).toBe(code);
    expect(await codeOf(admission.admit(stranger, required))).toBe('malformed_token');
  });
});

describe('a request without exactly one credential', () => {
  it.each([
    ['none', 'missing_credential', 401],
    ['ambiguous', 'invalid_request', 400],
  ] as const)('is rejected and not counted as a failure: %s', async (kind, code, status) => {
    const { admission } = door();
    for (let time = 0; time < 4; time += 1) {
      expect((await refusal(admission.admit({ kind }, required))).problem).toMatchObject({ code, status });
    }
    expect(await codeOf(admission.admit(stranger, required))).toBe('malformed_token');
  });
});

describe('a request while the store fails', () => {
  it('gets 503 with Retry-After if the store is unreachable', async () => {
    const { admission, repository } = door();
    const { credential } = await keep(repository);
    jest.spyOn(repository, 'find').mockRejectedValue(new StorageUnavailableError(new Error('away')));
    const refused = await refusal(admission.admit(credential, required));
    expect(refused.problem).toMatchObject({ code: 'storage_unavailable', status: 503 });
    expect(refused.headers).toEqual({ 'Retry-After': '1' });
  });

  it('fails with the original error if that error is unexpected', async () => {
    const { admission, repository } = door();
    const { credential } = await keep(repository);
    jest.spyOn(repository, 'find').mockRejectedValue(new RangeError('a fault of ours'));
    await expect(admission.admit(credential, required)).rejects.toThrow(new RangeError('a fault of ours'));
  });
});
