import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { decodeJwt, type JWTPayload } from 'jose';
import type { Authenticator } from '../../api-keys/ports/authenticator';
import { type Clock, CLOCK } from '../../api-keys/ports/clock';
import type { Caller } from '../../api-keys/domain/caller';
import { newUlid } from '../../common/ulid';
import { DEFAULT_REVOCATION_BOUND_MS } from '../../change-feed/change-feed';
import { retried } from '../../common/retried';
import { MONGO_OPERATION_TIMEOUT_MS } from '../../mongo/mongo-operation';
import { StorageFaultError, StorageUnavailableError } from '../../problems/storage.errors';
import { USABLE_PART_OF_BOUND } from '../../api-keys/verification/fresh-keys';
import { ProvenReads } from '../../api-keys/verification/proven-reads';
import { profileDiffers, type User, type UserProfile } from '../domain/user';
import { SubjectTakenError, USER_REPOSITORY, type UserRepository } from '../storage/user.repository';
import { USERS_OPTIONS, type UsersOptions } from '../users.options';
import { profileIn } from './claims';
import { OidcIssuer } from './oidc-issuer';
import { InvalidSessionError, UserDisabledError } from './session.errors';
import { sessionCaller } from './session-policy';

const JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;
const MAX_TOKEN_LENGTH = 8192;

/** Minimum time between two updates of `lastLoginAt`. */
const LOGIN_RESOLUTION_MS = 60_000;

/** How long a request waits until the user's profile is stored. Then it continues anyway. */
const PATIENCE_MS = 300;

/** How long profiles are not stored after a write has failed. */
const REST_MS = 5000;

/** Authenticates users by the bearer JWTs of the configured identity providers. */
@Injectable()
export class SessionAuthenticator implements Authenticator {
  private readonly logger = new Logger(SessionAuthenticator.name);
  private readonly issuers: ReadonlyMap<string, OidcIssuer>;
  private readonly reads: ProvenReads;
  private readonly refreshing = new Set<string>();
  private restsUntil = -Infinity;

  constructor(
    @Inject(USER_REPOSITORY) private readonly users: UserRepository,
    @Inject(USERS_OPTIONS) private readonly options: UsersOptions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    const boundMs = options.freshness?.revocationBoundMs ?? DEFAULT_REVOCATION_BOUND_MS;
    this.reads = new ProvenReads(users.changes, boundMs * USABLE_PART_OF_BOUND);
    this.issuers = new Map((options.issuers ?? []).map((config) => [config.issuer, new OidcIssuer(config)]));
  }

  /** Whether an identity provider is configured. Without one there are no sessions. */
  get isEnabled(): boolean {
    return this.issuers.size > 0;
  }

  /** Logs which identity providers are set up wrong. Ignores those that are unreachable. Never fails. */
  async lookForFaults(): Promise<void> {
    await Promise.all([...this.issuers.values()].map(async (issuer) => issuer.lookForFault()));
  }

  recognizes(token: string): boolean {
    return this.isEnabled && JWT.test(token);
  }

  /** @throws InvalidSessionError, IssuerUnavailableError, UserDisabledError, StorageUnavailableError */
  async authenticate(token: string): Promise<Caller> {
    if (token.length > MAX_TOKEN_LENGTH) throw new InvalidSessionError();
    const issuer = this.issuers.get(issuerNamedBy(token));
    if (issuer === undefined) throw new InvalidSessionError();
    const claims = await issuer.verify(token);
    const user = await this.seen(issuer.config.issuer, claims);
    if (user.status !== 'active') throw new UserDisabledError();
    return sessionCaller(user, claims, issuer.config, this.options);
  }

  /** Returns the user of a session. Creates it at the first sign-in, and updates it later. */
  private async seen(issuer: string, claims: JWTPayload & { readonly sub: string }): Promise<User> {
    const profile = profileIn(claims);
    const now = this.clock.now();
    const known = await this.find(issuer, claims.sub);
    if (known === null) return this.welcome(issuer, claims.sub, profile, now);
    const isStale = now.getTime() - known.lastLoginAt.getTime() >= LOGIN_RESOLUTION_MS;
    if (isStale || profileDiffers(known, profile)) await this.refreshInTime(known, profile, now);
    return known;
  }

  /** Finds a user with a proven read, because a replaced primary may still return a disabled user as active. */
  private async find(issuer: string, subject: string): Promise<User | null> {
    return this.reads.recent(
      (how) => this.users.findBySubject(issuer, subject, how),
      performance.now() + MONGO_OPERATION_TIMEOUT_MS,
    );
  }

  private async refreshInTime(user: User, profile: UserProfile, now: Date): Promise<void> {
    const refreshed = this.refresh(user, profile, now).then(() => 'refreshed');
    const first = await Promise.race([refreshed, pause(PATIENCE_MS, 'late', { ref: false })]);
    if (first === 'late') refreshed.catch((error: unknown) => this.logger.error(error));
  }

  /** Stores the profile. A failed write neither rejects nor delays sessions, because a later request tries again. */
  private async refresh(user: User, profile: UserProfile, now: Date): Promise<void> {
    if (this.refreshing.has(user.id) || performance.now() < this.restsUntil) return;
    this.refreshing.add(user.id);
    try {
      await this.users.refresh(user, profile, now);
    } catch (error) {
      if (!(error instanceof StorageUnavailableError || error instanceof StorageFaultError)) throw error;
      if (performance.now() >= this.restsUntil)
        this.logger.warn(
          `cannot store the profiles of users, retrying in ${REST_MS / 1000} s: ${error.message}`,
        );
      this.restsUntil = performance.now() + REST_MS;
    } finally {
      this.refreshing.delete(user.id);
    }
  }

  private async welcome(issuer: string, subject: string, profile: UserProfile, now: Date): Promise<User> {
    const user: User = {
      ...profile,
      id: newUlid(now),
      issuer,
      subject,
      status: 'active',
      createdAt: now,
      lastLoginAt: now,
      version: 1,
    };
    const attempt = async (): Promise<User | undefined> => {
      try {
        await this.users.insert(user);
        return user;
      } catch (error) {
        if (!(error instanceof SubjectTakenError)) throw error;
      }
      // Another request created this user, which may have been removed since.
      return (await this.find(issuer, subject)) ?? undefined;
    };
    return retried(
      attempt,
      () => new StorageUnavailableError(new Error('the user exists and cannot be found')),
    );
  }
}

/** Returns the issuer that an unverified token names. Use it only to select the keys for verification. */
function issuerNamedBy(token: string): string {
  try {
    return decodeJwt(token).iss ?? '';
  } catch {
    return '';
  }
}
