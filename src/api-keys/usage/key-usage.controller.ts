import { Controller, Get, Param, Query, UseFilters, UseGuards, UsePipes } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../../problems/api-problems.decorator';
import { SCOPED, SESSION } from '../../problems/problem-groups';
import { ProblemFilter } from '../../problems/problem.filter';
import { strictValidation } from '../../problems/validation';
import { CurrentCaller } from '../access/current-caller.decorator';
import { AllowSessions, RequireScopes, SelfScoped } from '../access/require-scopes.decorator';
import { ScopesGuard } from '../access/scopes.guard';
import type { Caller } from '../domain/caller';
import { UsageDto } from '../dto/usage.dto';
import { toUsageRequest, UsageQuery } from '../dto/usage.query';
import { KeyUsageService } from './key-usage.service';

/** Shows how keys are used. */
@ApiTags('API keys')
@ApiBearerAuth('bearer')
@ApiSecurity('apiKey')
@Controller('v1/api-keys/:id/usage')
@SelfScoped()
@UseGuards(ScopesGuard)
@UseFilters(ProblemFilter)
@UsePipes(strictValidation())
export class KeyUsageController {
  constructor(private readonly usage: KeyUsageService) {}

  /**
   * Shows how often a key was used, by the hour (UTC), oldest first: valid verifications by any door. Counts are best
   * effort, and some seconds old.
   */
  @Get()
  @AllowSessions()
  @ApiExtension('x-sessions', true)
  @RequireScopes('api-keys:read')
  @ApiProblems(...SCOPED, ...SESSION, 'not_found', 'usage_not_recorded')
  async show(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: UsageQuery,
  ): Promise<UsageDto> {
    return UsageDto.of(await this.usage.of(caller, id, toUsageRequest(query)));
  }
}
