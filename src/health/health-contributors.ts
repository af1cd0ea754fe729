import { Injectable, Logger } from '@nestjs/common';
import { inTime } from '../common/in-time';

/**
 * The health of a part. `up`: the part works. `degraded`: the part fails, but requests still work. `down`: the part and
 * all requests fail.
 */
export type HealthStatus = 'up' | 'degraded' | 'down';

/** The result of the health check of one part. */
export interface PartHealth {
  readonly status: HealthStatus;
  /** One sentence for operators. It is public, so it must not contain a host, a version or a secret. */
  readonly detail?: string | undefined;
}

/**
 * A part of the service that the readiness probe checks. It registers itself with `HealthContributors`.
 *
 * @example
 * constructor(@Optional() health?: HealthContributors) { health?.add(this); }
 * readonly name = 'feed';
 * readonly required = false;
 * check(): PartHealth { return this.isFresh ? { status: 'up' } : { status: 'degraded', detail: 'The feed is late.' }; }
 */
export interface HealthContributor {
  /** The name in responses and metrics: lower-case letters, digits and dashes. */
  readonly name: string;
  /**
   * Whether requests fail without this part. If so, the status `down` makes the instance not ready, and load balancers
   * stop using it. Otherwise, `down` counts as `degraded`.
   */
  readonly required: boolean;
  /** Checks the part, at most once a second. A rejection or no answer within a second counts as `down`. */
  check(): PartHealth | Promise<PartHealth>;
}

/** The timeout of one check. */
const ANSWER_WITHIN_MS = 1000;

/** How long results are cached, so that frequent probes do not load the store. */
const REPEATED_FOR_MS = 1000;

const NAME = /^[a-z][a-z0-9-]*$/;

/** The results of all parts, by name. */
export type PartsHealth = Readonly<Record<string, PartHealth>>;

/** Checks the registered parts of the service, and caches the results. */
@Injectable()
export class HealthContributors {
  private readonly logger = new Logger('Health');
  private readonly contributors = new Map<string, HealthContributor>();
  private last: PartsHealth = {};
  private askedAt = Number.NEGATIVE_INFINITY;
  private asking: Promise<PartsHealth> | undefined;

  /** @throws RangeError if the name is invalid or in use, which is a programming error */
  add(contributor: HealthContributor): void {
    if (!NAME.test(contributor.name) || this.contributors.has(contributor.name)) {
      throw new RangeError(
        `the name of a health part is invalid or in use: ${JSON.stringify(contributor.name)}`,
      );
    }
    this.contributors.set(contributor.name, contributor);
  }

  /** Returns the results of all parts, cached for a second. Never rejects, and takes at most about a second. */
  async check(): Promise<PartsHealth> {
    if (performance.now() - this.askedAt < REPEATED_FOR_MS) return this.last;
    this.asking ??= this.askAll().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  private async askAll(): Promise<PartsHealth> {
    const parts = [...this.contributors.values()];
    const said = await Promise.all(parts.map(async (part) => [part.name, await ask(part)] as const));
    const now = Object.fromEntries(said);
    for (const [name, health] of said) this.noteChange(name, health);
    this.last = now;
    this.askedAt = performance.now();
    return now;
  }

  /** Logs a change of the status, not every check. */
  private noteChange(name: string, { status, detail = '' }: PartHealth): void {
    const before = this.last[name]?.status ?? 'up';
    if (status === before) return;
    if (status === 'up') this.logger.log(`${name} is up again`);
    else this.logger.warn(`${name} is ${status}. ${detail}`.trimEnd());
  }
}

async function ask(part: HealthContributor): Promise<PartHealth> {
  const health = await inTime(answerOf(part), ANSWER_WITHIN_MS).catch((): PartHealth => ({
    status: 'down',
    detail: 'It does not answer.',
  }));
  return health.status === 'down' && !part.required ? { ...health, status: 'degraded' } : health;
}

async function answerOf(part: HealthContributor): Promise<PartHealth> {
  return part.check();
}
