import { HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOperation } from '../../openapi/decorators';
import { type Call, OwnRoute } from '../../http/own-route';
import { currentKey } from '../access/current-caller';
import { attachAnswer } from '../access/logged-decision';
import { GuardedController } from '../access/guarded-route.decorator';
import { ClientCredentials, RequireScopes, SelfScoped } from '../access/access.decorators';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import { IntrospectionDto, IntrospectDto } from './introspect.dto';
import { DecisionMetrics } from '../verification/decision-metrics';
import { KeyVerifier } from '../verification/key-verifier';
import { ApiOAuthErrors } from './oauth-error.dto';
import { OAuthErrorFilter } from './oauth-error.filter';
import { requestedScopes } from './requested-scopes';
import { tenantAskedFor } from './asked-tenant';

/** The introspection endpoint of OAuth 2.0 (RFC 7662). */
@GuardedController('oauth2/introspect', 'Verification', OAuthErrorFilter)
export class IntrospectionController {
  constructor(
    private readonly verifier: KeyVerifier,
    private readonly metrics: DecisionMetrics,
    @Inject(API_KEYS_OPTIONS) private readonly options: ApiKeysOptions,
  ) {}

  /**
   * Introspects a token (RFC 7662).
   *
   * @remarks
   * The response for an inactive token is exactly `{"active":false}`. With `scope`, a token is inactive unless it covers all
   * of these scopes. Callers send a key as a bearer token, or its id and token by HTTP Basic or as `client_id` and
   * `client_secret`. Does not count against the rate limit of the token. Ignores unknown parameters.
   */
  @Post()
  @HttpCode(200)
  @RequireScopes('api-keys:verify')
  @SelfScoped()
  @ClientCredentials()
  @ApiOAuthErrors()
  @ApiOperation({ operationId: 'introspectToken' })
  @OwnRoute({ form: IntrospectDto, ignoreUnknown: true })
  async introspect({ request, body, setHeader }: Call<IntrospectDto>): Promise<IntrospectionDto> {
    const { token, scope, org_id: orgId, project_id: projectId, ip } = body;
    const scopes = requestedScopes(scope);
    const caller = currentKey(request);
    const deciding = this.verifier.inspectNow(token, {
      scopes: { allOf: scopes ?? [], anyOf: [] },
      tenant: tenantAskedFor(caller, { orgId, projectId }),
      verifier: caller,
      clientAddress: ip,
    });
    const decision = await this.metrics.counted('introspect', deciding);
    attachAnswer(request, decision);
    setHeader('Cache-Control', 'no-store');
    return decision.code === 'VALID'
      ? IntrospectionDto.of(
          decision.key,
          decision.secret,
          scopes ?? decision.key.scopes,
          this.options.http?.issuer,
        )
      : { active: false };
  }
}
