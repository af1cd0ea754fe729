import { Injectable, Logger } from '@nestjs/common';
import { inTime } from '../common/in-time';

/** How a part is: well, away in a way that requests can bear, or away so that they fail. */
export type HealthStatus = 'up' | 'degraded' | 'down';

/** What a part says of itself. */
export interface PartHealth {
  readonly status: HealthStatus;
  /** One sentence for operators. Everyone can read it: no host, no version, no secret. */
  readonly detail?: string | undefined;
}

/**
 * A part of the service that readiness asks about. Registers itself with `HealthContributors`.
 *
 * @example
 * constructor(@Optional() health?: HealthContributors) { health?.add(this); }
 * readonly name = 'feed';
 * readonly required = false;
 * check(): PartHealth { return this.isFresh ? { status: 'up' } : { status: 'degraded', detail: 'The feed is late.' }; }
 */
export interface HealthContributor {
  /** How answers and metrics call it: lower-case letters, digits and dashes. */
  readonly name: string;
  /**
   * Whether the service is of no use without it. Only then takes `down` the instance out of a load balancer; without
   * it, requests still work, and `down` counts as `degraded`.
   */
  readonly required: boolean;
  /** Asked at most once a second. A rejection, and no answer within a second, count as `down`. */
  check(): PartHealth | Promise<PartHealth>;
}

/** How long a part may take to answer. */
const ANSWER_WITHIN_MS = 1000;

/** How long an answer is repeated, so that nobody can wear out the store by asking how it is. */
const REPEATED_FOR_MS = 1000;

const NAME = /^[a-z][a-z0-9-]*$/;

/** What all parts said. */
export type PartsHealth = Readonly<Record<string, PartHealth>>;

/** The parts of the service that say how they are, and what they said last. */
@Injectable()
export class HealthContributors {
  private readonly logger = new Logger('Health');
  private readonly contributors = new Map<string, HealthContributor>();
  private last: PartsHealth = {};
  private askedAt = Number.NEGATIVE_INFINITY;
  private asking: Promise<PartsHealth> | undefined;

  /** @throws RangeError if the name is none, or taken: a fault of the programmer */
  add(contributor: HealthContributor): void {
    if (!NAME.test(contributor.name) || this.contributors.has(contributor.name)) {
      throw new RangeError(`no name for another part: ${JSON.stringify(contributor.name)}`);
    }
    this.contributors.set(contributor.name, contributor);
  }

  /** How every part is, at most a second old. Never rejects, and takes little more than a second. */
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

  /** Says so once a change, not once a question. */
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
