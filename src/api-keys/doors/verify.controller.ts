import { HttpCode, Post } from '@nestjs/common';
import { ApiHeader } from '../../openapi/decorators';
import type { Call } from '../../http/own-route';
import { currentKey } from '../access/current-caller';
import { attachAnswer } from '../access/logged-decision';
import { GuardedController, GuardedRoute } from '../access/guarded-route.decorator';
import { SelfScoped } from '../access/access.decorators';
import { VerificationDto, VerifyDto } from './verify.dto';
import { DecisionMetrics } from '../verification/decision-metrics';
import { KeyVerifier } from '../verification/key-verifier';
import { tenantAskedFor } from './asked-tenant';

/** The verify endpoint, for services in any language. */
@GuardedController('v1/api-keys/verify', 'Verification')
export class VerifyController {
  constructor(
    private readonly verifier: KeyVerifier,
    private readonly metrics: DecisionMetrics,
  ) {}

  /**
   * Returns whether a token meets a requirement.
   *
   * @remarks
   * Counts the request against the rate limits of the token's key. If the request names no tenant, the binding of the calling
   * key applies. With `Cache-Control: no-cache`, the decision uses the store instead of the cache.
   */
  @Post()
  @HttpCode(200)
  @SelfScoped()
  @ApiHeader({
    name: 'Cache-Control',
    required: false,
    description:
      '`no-cache` reads the store instead of the cache of this instance (RFC 9111 section 5.2.1.4).',
    schema: { type: 'string', example: 'no-cache' },
  })
  @GuardedRoute('verifyApiKey', {
    scopes: ['api-keys:verify'],
    json: VerifyDto,
    problems: ['binding_mismatch', 'rate_limiter_unavailable'],
  })
  async verify({ request, body, header, setHeader }: Call<VerifyDto>): Promise<VerificationDto> {
    const { token, scopes, orgId, projectId, ip, cost } = body;
    const caller = currentKey(request);
    const verifying = this.verifier.verifyNow(
      token,
      {
        scopes: { allOf: scopes ?? [], anyOf: [] },
        tenant: tenantAskedFor(caller, { orgId, projectId }),
        verifier: caller,
        clientAddress: ip,
      },
      { noCache: asksForNoCache(header('cache-control')), cost },
    );
    const verification = await this.metrics.counted('verify', verifying);
    attachAnswer(request, verification);
    setHeader('Cache-Control', 'no-store');
    return VerificationDto.of(verification);
  }
}

function asksForNoCache(cacheControl: string | undefined): boolean {
  return (cacheControl ?? '').split(',').some((directive) => directive.trim().toLowerCase() === 'no-cache');
}
