import { Injectable } from '@nestjs/common';
import { FreshKeys } from '../api-keys/verification/fresh-keys';
import type { HealthContributor, PartHealth } from './health-contributor';
import { HealthContributors } from './health-contributors';

/** The change feeds. While one proves nothing every request asks the store, which is slower and as safe. */
@Injectable()
export class FeedHealth implements HealthContributor {
  readonly name = 'feed';
  readonly required = false;

  constructor(
    private readonly fresh: FreshKeys,
    contributors: HealthContributors,
  ) {
    contributors.add(this);
  }

  check(): PartHealth {
    return this.fresh.isStale
      ? { status: 'degraded', detail: 'Changes cannot be followed: every request asks the store.' }
      : { status: 'up' };
  }
}
