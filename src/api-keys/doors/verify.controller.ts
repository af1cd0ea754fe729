import { HttpCode, Post, UseFilters, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Call, OwnController, OwnRoute } from '../../http/own-route';
import { OwnRouteGuard } from '../access/own-route.guard';
import { ApiProblems } from '../../problems/api-problems.decorator';
import { JSON_BODY, SCOPED } from '../../problems/problem-groups';
import { ProblemFilter } from '../../problems/problem.filter';
import { currentKey } from '../access/current-caller';
import { logAnswer } from '../access/decision-log';
import { RequireScopes, SelfScoped } from '../access/require-scopes.decorator';
import { ScopesGuard } from '../access/scopes.guard';
import { VerificationDto, VerifyDto } from './verify.dto';
import { DecisionMetrics } from '../verification/decision-metrics';
import { KeyVerifier } from '../verification/key-verifier';
import { tenantAskedFor } from './verifier-context';

/** The door for services in any language. */
@ApiTags('Verification')
@ApiBearerAuth('bearer')
@OwnController('v1/api-keys/verify')
@UseGuards(ScopesGuard, OwnRouteGuard)
@UseFilters(ProblemFilter)
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
  @ApiOperation({ operationId: 'verifyApiKey' })
  @OwnRoute({ json: VerifyDto })
  async verify({ request, body, header, setHeader }: Call<VerifyDto>): Promise<VerificationDto> {
    const { token, scopes, orgId, projectId, ip } = body;
    const caller = currentKey(request);
    const verifying = this.verifier.verify(
      token,
      {
        scopes: { allOf: scopes ?? [], anyOf: [] },
        tenant: tenantAskedFor(caller, { orgId, projectId }),
        verifier: caller,
        clientAddress: ip,
      },
      { noCache: asksForNoCache(header('cache-control')) },
    );
    const verification = await this.metrics.counted('verify', verifying);
    logAnswer(request, verification);
    setHeader('Cache-Control', 'no-store');
    return VerificationDto.of(verification);
  }
}

function asksForNoCache(cacheControl: string | undefined): boolean {
  return (cacheControl ?? '').split(',').some((directive) => directive.trim().toLowerCase() === 'no-cache');
}
