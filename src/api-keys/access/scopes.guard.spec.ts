import { HttpAdapterHost } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { StorageConfig } from '../../config/storage.config';
import { systemClock } from '../domain/clock';
import { MemoryApiKeyRepository } from '../storage/memory-api-key.repository';
import { FailedCredentials } from '../limits/failed-credentials';
import { LocalRateLimiter } from '../limits/local-rate-limiter';
import { UsageRecorder } from '../usage/usage-recorder';
import { DecisionMetrics } from '../verification/decision-metrics';
import { FreshKeys } from '../verification/fresh-keys';
import { KeyVerifier } from '../verification/key-verifier';
import { ReuseRecorder } from '../verification/reuse-recorder';
import { Admission } from './admission';
import { Authenticated, Public } from './require-scopes.decorator';
import { ScopesGuard } from './scopes.guard';

class Memories {
  @Authenticated()
  list(this: void): void {}

  @Public()
  open(this: void): void {}
}

const repository = new MemoryApiKeyRepository(new StorageConfig().permitVolatile('the store of this test'));
const find = jest.spyOn(repository, 'find');
const options = { storage: 'memory' } as const;
const reuse = new ReuseRecorder(repository, systemClock);
const verifier = new KeyVerifier(
  new FreshKeys(repository, options),
  options,
  systemClock,
  new LocalRateLimiter(),
  reuse,
  new UsageRecorder(null, options),
);
const admission = new Admission(verifier, new FailedCredentials(options), new DecisionMetrics(), options);
const guard = new ScopesGuard(admission, options, new HttpAdapterHost());

function contextOf(type: string, handler: () => void): ExecutionContextHost {
  const context = new ExecutionContextHost([{ rawHeaders: [] }, {}], Memories, handler);
  context.setType(type);
  return context;
}

describe.each(['rpc', 'ws', 'graphql'])('a message of the context %s', (type) => {
  it('is denied without a look at the store, also where its handler is public', () => {
    expect(guard.canActivate(contextOf(type, Memories.prototype.list))).toBe(false);
    expect(guard.canActivate(contextOf(type, Memories.prototype.open))).toBe(false);
    expect(find).not.toHaveBeenCalled();
  });
});

describe('a request for a public handler', () => {
  it('is let in at once, without a promise to wait for', () => {
    expect(guard.canActivate(contextOf('http', Memories.prototype.open))).toBe(true);
    expect(find).not.toHaveBeenCalled();
  });
});
