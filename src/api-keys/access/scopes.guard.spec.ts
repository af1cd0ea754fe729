import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { ClientAddress } from '../../http/client-address';
import { StorageConfig } from '../../config/storage.config';
import { ProblemException } from '../../problems/problem.exception';
import { aKey } from '../../testing/contract/key-fixtures';
import { systemClock } from '../ports/clock';
import { newKeyId } from '../domain/key-id';
import { issueToken } from '../domain/token/key-token';
import { MemoryApiKeyRepository } from '../storage/memory-api-key.repository';
import { FailedCredentials } from '../limits/failed-credentials';
import { LocalRateLimiter } from '../limits/local-rate-limiter';
import { UsageRecorder } from '../usage/usage-recorder';
import { DecisionMetrics } from '../verification/decision-metrics';
import { FreshKeys } from '../verification/fresh-keys';
import { KeyVerifier } from '../verification/key-verifier';
import { KeyWatch } from '../verification/key-watch';
import { ReuseRecorder } from '../verification/reuse-recorder';
import { Admission } from './admission';
import { Authenticated, Public, RequireScopes, SelfScoped } from './access.decorators';
import { ScopesGuard } from './scopes.guard';

class Memories {
  @Authenticated()
  list(this: void): void {}

  @RequireScopes('memory:read')
  @SelfScoped()
  own(this: void): void {}

  @Public()
  open(this: void): void {}
}

const repository = new MemoryApiKeyRepository(new StorageConfig().permitVolatile('the store of this test'));
const find = jest.spyOn(repository, 'find');
const options = { storage: 'memory' } as const;
const reuse = new ReuseRecorder(repository, systemClock);
const fresh = new FreshKeys(repository, options);
const verifier = new KeyVerifier(
  fresh,
  options,
  systemClock,
  new LocalRateLimiter(),
  reuse,
  new UsageRecorder(null, options),
);
const admission = new Admission(
  verifier,
  new FailedCredentials(options),
  new DecisionMetrics(),
  new KeyWatch(fresh, systemClock),
  options,
);
const adapterHost = new HttpAdapterHost();
adapterHost.httpAdapter = {
  getHeader: () => undefined,
  setHeader: () => undefined,
} as unknown as AbstractHttpAdapter;
const guard = new ScopesGuard(admission, options, adapterHost, new ClientAddress([]));

function contextOf(
  type: string,
  handler: () => void,
  rawHeaders: readonly string[] = [],
): ExecutionContextHost {
  const context = new ExecutionContextHost([{ rawHeaders, socket: {} }, {}], Memories, handler);
  context.setType(type);
  return context;
}

describe.each(['rpc', 'another transport'])('a message in the context %s', (type) => {
  it('is denied without a store read', () => {
    expect(guard.canActivate(contextOf(type, Memories.prototype.list))).toBe(false);
    expect(find).not.toHaveBeenCalled();
  });
});

describe.each(['http', 'graphql', 'ws', 'rpc', 'another transport'])('a call in the context %s', (type) => {
  it('is allowed synchronously if its handler is public', () => {
    expect(guard.canActivate(contextOf(type, Memories.prototype.open))).toBe(true);
    expect(find).not.toHaveBeenCalled();
  });
});

const present = (token: string): boolean | Promise<boolean> =>
  guard.canActivate(contextOf('http', Memories.prototype.own, ['Authorization', `Bearer ${token}`]));
const make = async (orgId: string, scopes: readonly string[]): Promise<string> => {
  const { keyId: id, hash, token } = issueToken('kw', newKeyId(new Date()));
  await repository.insert(aKey({ id, scopes, orgId, secrets: [{ hash, createdAt: new Date() }] }));
  return token;
};

describe('a request with a key', () => {
  it('is allowed synchronously if the key is cached', async () => {
    const [acme, globex] = [await make('acme', ['memory:read']), await make('globex', ['memory:write'])];
    find.mockClear();
    const first = present(acme);
    expect(first).toBeInstanceOf(Promise);
    await expect(first).resolves.toBe(true);
    expect(present(acme)).toBe(true);

    const refused = present(globex);
    expect(refused).toBeInstanceOf(Promise);
    await expect(refused).rejects.toBeInstanceOf(ProblemException);
    await expect((async () => present(globex))()).rejects.toBeInstanceOf(ProblemException);
    expect(find).toHaveBeenCalledTimes(2);
  });
});
