import { Get, UseFilters, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { type Call, OwnController, OwnRoute } from '../../http/own-route';
import { OwnRouteGuard } from '../access/own-route.guard';
import { ApiProblems } from '../../problems/api-problems.decorator';
import { SCOPED, SESSION } from '../../problems/problem-groups';
import { ProblemFilter } from '../../problems/problem.filter';
import { currentCaller } from '../access/current-caller';
import { AllowSessions, RequireScopes, SelfScoped } from '../access/require-scopes.decorator';
import { ScopesGuard } from '../access/scopes.guard';
import { UsageDto } from './dto/usage.dto';
import { toUsageRequest, UsageQuery } from './dto/usage.query';
import { KeyUsageService } from './key-usage.service';

/** Shows how keys are used. */
@ApiTags('API keys')
@ApiBearerAuth('bearer')
@OwnController('v1/api-keys/:id/usage')
@SelfScoped()
@UseGuards(ScopesGuard, OwnRouteGuard)
@UseFilters(ProblemFilter)
export class KeyUsageController {
  constructor(private readonly usage: KeyUsageService) {}

  /**
   * Shows how often a key was used, by the hour (UTC), oldest first: valid verifications by any door. Counts are best
   * effort, and some seconds old.
   */
  @Get()
  @ApiParam({ name: 'id', type: String })
  @AllowSessions()
  @ApiExtension('x-sessions', true)
  @RequireScopes('api-keys:read')
  @ApiProblems(...SCOPED, ...SESSION, 'not_found', 'usage_not_recorded')
  @ApiOperation({ operationId: 'getApiKeyUsage' })
  @OwnRoute({ query: UsageQuery })
  async show({ request, params, query }: Call<object, UsageQuery>): Promise<UsageDto> {
    const caller = currentCaller(request);
    return UsageDto.of(await this.usage.of(caller, params['id'] ?? '', toUsageRequest(query)));
  }
}
