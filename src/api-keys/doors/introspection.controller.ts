import { HttpCode, Inject, Post, UseFilters, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Call, OwnController, OwnRoute } from '../../http/own-route';
import { OwnRouteGuard } from '../../http/own-route.guard';
import { currentKey } from '../access/current-caller';
import { noteAnswer } from '../access/decision-note';
import { BasicCredentials, RequireScopes, SelfScoped } from '../access/require-scopes.decorator';
import { ScopesGuard } from '../access/scopes.guard';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../api-keys.options';
import { NO_SCOPES_REQUIRED } from '../domain/scopes';
import { IntrospectionDto, IntrospectDto } from '../dto/introspect.dto';
import { DecisionMetrics } from '../verification/decision-metrics';
import { KeyVerifier } from '../verification/key-verifier';
import { ApiOAuthErrors } from './api-oauth-errors.decorator';
import { OAuthErrorFilter } from './oauth-error.filter';
import { tenantAskedFor } from './verifier-context';

/** The door for what speaks OAuth 2.0: token introspection, RFC 7662. */
@ApiTags('Verification')
@ApiBearerAuth('bearer')
@OwnController('oauth2/introspect')
@UseGuards(ScopesGuard, OwnRouteGuard)
@UseFilters(OAuthErrorFilter)
export class IntrospectionController {
  constructor(
    private readonly verifier: KeyVerifier,
    private readonly metrics: DecisionMetrics,
    @Inject(API_KEYS_OPTIONS) private readonly options: ApiKeysOptions,
  ) {}

  /**
   * Tells what a token stands for (RFC 7662). An inactive one is exactly {"active":false}. Callers present a key
   * as a bearer token, or by HTTP Basic with its id as user name and its token as password. Counts no rate limit.
   */
  @Post()
  @HttpCode(200)
  @RequireScopes('api-keys:verify')
  @SelfScoped()
  @BasicCredentials()
  @ApiOAuthErrors()
  @ApiOperation({ operationId: 'introspectToken' })
  @OwnRoute({ form: IntrospectDto })
  async introspect({ request, body, setHeader }: Call<IntrospectDto>): Promise<IntrospectionDto> {
    const { token, org_id: orgId, project_id: projectId, ip } = body;
    const caller = currentKey(request);
    const deciding = this.verifier.inspect(token, {
      scopes: NO_SCOPES_REQUIRED,
      tenant: tenantAskedFor(caller, { orgId, projectId }),
      verifier: caller,
      clientAddress: ip,
    });
    const decision = await this.metrics.counted('introspect', deciding);
    noteAnswer(request, decision);
    setHeader('Cache-Control', 'no-store');
    return decision.code === 'VALID'
      ? IntrospectionDto.of(decision.key, decision.secret, this.options.issuer)
      : { active: false };
  }
}
