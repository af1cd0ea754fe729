import { Inject, Injectable } from '@nestjs/common';
import { discoverProvider } from '../users/issuers/discovery';
import { IssuerFaultError } from '../users/issuers/issuer-fault.error';
import { USERS_OPTIONS, type UsersOptions } from '../users/users.options';
import { type HealthContributor, HealthContributors, type PartHealth } from './health-contributors';

/** Results are cached longer than those of other parts, so that health checks do not load the identity providers. */
const REPEATED_FOR_MS = 15_000;
const ANSWER_WITHIN_MS = 900;

/**
 * Checks the identity providers, if there are any. Without them, API keys still work. Sessions still work if the
 * signing keys are cached.
 */
@Injectable()
export class IssuerHealth implements HealthContributor {
  readonly name = 'issuer';
  readonly required = false;
  private readonly issuers: readonly string[];
  private last: PartHealth = { status: 'up' };
  private askedAt = Number.NEGATIVE_INFINITY;

  constructor(@Inject(USERS_OPTIONS) { issuers = [] }: UsersOptions, contributors: HealthContributors) {
    this.issuers = issuers.map(({ issuer }) => issuer);
    if (issuers.length > 0) contributors.add(this);
  }

  async check(): Promise<PartHealth> {
    if (performance.now() - this.askedAt < REPEATED_FOR_MS) return this.last;
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const asked = await Promise.allSettled(
      this.issuers.map(async (issuer) => discoverProvider(issuer, signal)),
    );
    this.askedAt = performance.now();
    this.last = healthOf(asked);
    return this.last;
  }
}

function healthOf(asked: readonly PromiseSettledResult<unknown>[]): PartHealth {
  const reasons = asked.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
  const faults = reasons.filter((reason) => reason instanceof IssuerFaultError).length;
  const away = reasons.length - faults;
  const sentences = [
    ...(faults === 0
      ? []
      : [`${faults} of ${asked.length} identity providers are set up wrong; the log names the fault.`]),
    ...(away === 0
      ? []
      : [`${away} of ${asked.length} identity providers do not answer: users may be unable to sign in.`]),
  ];
  return sentences.length === 0 ? { status: 'up' } : { status: 'degraded', detail: sentences.join(' ') };
}
