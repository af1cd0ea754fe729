import { Inject, Injectable, Optional } from '@nestjs/common';
import type { Clock } from '../domain/clock';
import { type Decision, decide, findSecret, type Requirement, type StoredState } from '../domain/decision';
import { type ParsedToken, parseToken } from '../domain/key-token';
import { CLOCK } from '../clock.token';
import { API_KEY_REPOSITORY, type ApiKeyRepository } from '../storage/api-key.repository';
import { OWNER_STATUS, type OwnerStatus } from './owner-status';

/**
 * Answers whether a presented token is good for what is required of it. Every door asks here.
 *
 * @example
 * const decision = await verifier.verify(token, {
 *   scopes: { allOf: ['memory:read'], anyOf: [] },
 *   tenant: { orgId: 'acme' },
 *   clientAddress: '203.0.113.7',
 * });
 * if (decision.code === 'VALID') use(decision.key);
 */
@Injectable()
export class KeyVerifier {
  constructor(
    @Inject(API_KEY_REPOSITORY) private readonly repository: ApiKeyRepository,
    @Inject(CLOCK) private readonly clock: Clock,
    @Optional() @Inject(OWNER_STATUS) private readonly owners?: OwnerStatus,
  ) {}

  /**
   * @param token the presented text, of any length and content
   * @throws StorageUnavailableError if the store cannot answer
   */
  async verify(token: string, requirement: Requirement): Promise<Decision> {
    const presented = parseToken(token);
    const stored = presented === null ? null : await this.load(presented);
    return decide(presented, stored, requirement, this.clock.now());
  }

  private async load({ keyId, hash }: ParsedToken): Promise<StoredState | null> {
    const key = await this.repository.find(keyId);
    // The owner is asked about for genuine secrets only, so that its absence tells strangers nothing of the key.
    if (key === null || findSecret(key.secrets, hash) === undefined) return null;
    const ownerActive =
      this.owners === undefined || key.ownerId === undefined || (await this.owners.isActive(key.ownerId));
    return { key, ownerActive };
  }
}
