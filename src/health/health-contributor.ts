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
