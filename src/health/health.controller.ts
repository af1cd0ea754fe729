import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '../openapi/decorators';
import { HealthCheckService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Public } from '../api-keys/access/access.decorators';
import { problemOf } from '../problems/problem';
import { ProblemException } from '../problems/problem.exception';
import { HealthContributors, type PartsHealth } from './health-contributors';
import { ServiceState } from './service-state';

/** The liveness and readiness probes. They are public, so they return only states: no hosts, no versions, no errors. */
@ApiExcludeController()
@Controller('health')
@Public()
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly contributors: HealthContributors,
    private readonly state: ServiceState,
  ) {}

  /** Answers as long as the process runs. Checks nothing else, because a restart would not repair another system. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  /** Returns the status if this instance should receive requests. Throws the problem `not_ready` otherwise. */
  @Get('ready')
  @Header('Cache-Control', 'no-store')
  async ready(): Promise<{ readonly status: string; readonly parts: PartsHealth }> {
    if (this.state.isDraining) {
      throw ProblemException.from('not_ready', 'This instance is shutting down: use another one.');
    }
    const parts = await this.contributors.check();
    const { status } = await this.health
      .check([async () => parts as unknown as HealthIndicatorResult])
      .catch(() => {
        throw notReady(parts);
      });
    return { status, parts };
  }
}

function notReady(parts: PartsHealth): ProblemException {
  const down = Object.keys(parts).filter((name) => parts[name]?.status === 'down');
  return new ProblemException(
    problemOf('not_ready', `Down: ${down.join(', ')}. Requests get 503 until it is up again.`, { parts }),
    { 'Retry-After': '1' },
  );
}
