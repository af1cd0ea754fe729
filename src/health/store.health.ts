import { Inject, Injectable } from '@nestjs/common';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from '../api-keys/storage/api-key.repository';
import type { HealthContributor, PartHealth } from './health-contributor';
import { HealthContributors } from './health-contributors';

/** A well-formed id that no key has: it would have been made in 1970. */
const NO_KEY = '0'.repeat(26);

/** The store, asked as every request asks it: one read by id. Without it nothing can be decided. */
@Injectable()
export class StoreHealth implements HealthContributor {
  readonly name = 'store';
  readonly required = true;

  constructor(
    @Inject(API_KEY_REPOSITORY) private readonly repository: ApiKeyRepository,
    contributors: HealthContributors,
  ) {
    contributors.add(this);
  }

  async check(): Promise<PartHealth> {
    await this.repository.find(NO_KEY);
    return { status: 'up' };
  }
}
