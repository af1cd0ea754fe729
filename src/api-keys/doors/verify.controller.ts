import {
  Body,
  Controller,
  Header,
  Headers,
  HttpCode,
  Post,
  Query,
  Req,
  UseFilters,
  UseGuards,
  UsePipes,
} from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../../problems/api-problems.decorator';
import { noParameters } from '../../problems/no-parameters.pipe';
import { JSON_BODY, SCOPED } from '../../problems/problem-groups';
import { ProblemFilter } from '../../problems/problem.filter';
import { JsonBodyGuard } from '../../problems/media-type.guard';
import { strictValidation } from '../../problems/validation';
import { CurrentApiKey, type CurrentKey } from '../access/current-api-key.decorator';
import { noteAnswer } from '../access/decision-note';
import type { HttpRequest } from '../access/http-request';
import { RequireScopes, SelfScoped } from '../access/require-scopes.decorator';
import { ScopesGuard } from '../access/scopes.guard';
import { VerificationDto, VerifyDto } from '../dto/verify.dto';
import { DecisionMetrics } from '../verification/decision-metrics';
import { KeyVerifier } from '../verification/key-verifier';
import { tenantAskedFor } from './verifier-context';

/** The door for services in any language. */
@ApiTags('Verification')
@ApiBearerAuth('bearer')
@ApiSecurity('apiKey')
@Controller('v1/api-keys/verify')
@UseGuards(ScopesGuard)
@UseFilters(ProblemFilter)
@UsePipes(strictValidation())
export class VerifyController {
  constructor(
    private readonly verifier: KeyVerifier,
    private readonly metrics: DecisionMetrics,
  ) {}

  /**
   * Tells whether a token is good for what is required of it, and counts its rate limit. Where no tenant is named,
   * the calling key's own binding is asked for. With `Cache-Control: no-cache` the store is asked, whatever this
   * instance knows already.
   */
  @Post()
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  @UseGuards(JsonBodyGuard)
  @RequireScopes('api-keys:verify')
  @SelfScoped()
  @ApiHeader({
    name: 'Cache-Control',
    required: false,
    description:
      '`no-cache` asks the store, whatever this instance knows already (RFC 9111 section 5.2.1.4).',
    schema: { type: 'string', example: 'no-cache' },
  })
  @ApiProblems(...SCOPED, ...JSON_BODY, 'binding_mismatch', 'rate_limiter_unavailable')
  async verify(
    @Req() request: HttpRequest,
    @CurrentApiKey() caller: CurrentKey,
    @Query(noParameters) _query: object,
    @Headers('cache-control') cacheControl: string | undefined,
    @Body() { token, scopes, orgId, projectId, ip }: VerifyDto,
  ): Promise<VerificationDto> {
    const verifying = this.verifier.verify(
      token,
      {
        scopes: { allOf: scopes ?? [], anyOf: [] },
        tenant: tenantAskedFor(caller, { orgId, projectId }),
        verifier: caller,
        clientAddress: ip,
      },
      { noCache: asksForNoCache(cacheControl) },
    );
    const verification = await this.metrics.counted('verify', verifying);
    noteAnswer(request, verification);
    return VerificationDto.of(verification);
  }
}

function asksForNoCache(cacheControl: string | undefined): boolean {
  return (cacheControl ?? '').split(',').some((directive) => directive.trim().toLowerCase() === 'no-cache');
}
