import {
  Body,
  Controller,
  Header,
  HttpCode,
  Inject,
  Post,
  Query,
  Req,
  UseFilters,
  UseGuards,
  UsePipes,
} from '@nestjs/common';
import { ApiBasicAuth, ApiBearerAuth, ApiConsumes, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { FormBodyGuard } from '../../problems/media-type.guard';
import { noParameters } from '../../problems/no-parameters.pipe';
import { strictValidation } from '../../problems/validation';
import { CurrentApiKey, type CurrentKey } from '../access/current-api-key.decorator';
import { noteAnswer } from '../access/decision-note';
import type { HttpRequest } from '../access/http-request';
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
@ApiSecurity('apiKey')
@ApiBasicAuth('basic')
@Controller('oauth2/introspect')
@UseGuards(ScopesGuard)
@UseFilters(OAuthErrorFilter)
@UsePipes(strictValidation())
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
  @Header('Cache-Control', 'no-store')
  @UseGuards(FormBodyGuard)
  @RequireScopes('api-keys:verify')
  @SelfScoped()
  @BasicCredentials()
  @ApiConsumes('application/x-www-form-urlencoded')
  @ApiOAuthErrors()
  async introspect(
    @Req() request: HttpRequest,
    @CurrentApiKey() caller: CurrentKey,
    @Query(noParameters) _query: object,
    @Body() { token, org_id: orgId, project_id: projectId, ip }: IntrospectDto,
  ): Promise<IntrospectionDto> {
    const deciding = this.verifier.inspect(token, {
      scopes: NO_SCOPES_REQUIRED,
      tenant: tenantAskedFor(caller, { orgId, projectId }),
      verifier: caller,
      clientAddress: ip,
    });
    const decision = await this.metrics.counted('introspect', deciding);
    noteAnswer(request, decision);
    return decision.code === 'VALID'
      ? IntrospectionDto.of(decision.key, decision.secret, this.options.issuer)
      : { active: false };
  }
}
