import { All, HttpCode, UseFilters, UseGuards } from '@nestjs/common';
import { ApiExcludeController } from '../../openapi/decorators';
import { CREDENTIAL_HEADERS } from '../../problems/cache-headers';
import { type Call, OwnController, OwnRoute } from '../../http/own-route';
import { OwnRouteGuard } from '../access/own-route.guard';
import { ProblemException } from '../../problems/problem.exception';
import { Admission } from '../access/admission';
import { ClientAddress } from '../../http/client-address';
import { readCredential } from '../access/header-credential';
import { attachDecision, passDecisionOn } from '../access/logged-decision';
import { type HttpRequest, nodeRequestOf } from '../../http/http-request';
import { rateLimitHeaders } from '../access/rate-limit-answers';
import { Public } from '../access/access.decorators';
import type { VerifiedKey } from '../domain/api-key';
import type { Requirement } from '../domain/decision';
import type { Passed } from '../verification/verification';
import { ForwardAuthFilter } from './forward-auth.filter';
import { readProxyRequirement } from './forward-auth-requirement';

/**
 * The forward-auth endpoint, for nginx `auth_request`, Caddy `forward_auth`, Envoy `ext_authz` and Traefik `ForwardAuth`. The
 * proxy's configuration sets the requirement in the query. Only the key comes from the client's headers.
 */
@ApiExcludeController()
@OwnController('v1/forward-auth')
@UseGuards(OwnRouteGuard)
@UseFilters(ForwardAuthFilter)
export class ForwardAuthController {
  constructor(
    private readonly admission: Admission,
    private readonly clientAddress: ClientAddress,
  ) {}

  /**
   * Verifies the presented key and sends its identity to the proxy. Responds with 200, because Envoy accepts no other 2xx
   * status.
   */
  @All()
  @HttpCode(200)
  @Public()
  @OwnRoute({ anyQuery: true })
  async authorize({ request, queryText, setHeader }: Call): Promise<void> {
    const requirement = readProxyRequirement(queryText);
    if (requirement === undefined) {
      throw ProblemException.from(
        'requirement_malformed',
        'Send either scope or authenticated=1, optionally org, project and a cost from 0 to 1000, each once, and nothing else.',
      );
    }
    const node = nodeRequestOf(request);
    const { cost, ...needed } = requirement;
    const asked = { ...needed, clientAddress: this.clientAddress.of(node) };
    const { key, rateLimits } = await this.admitted(request, asked, cost);
    const headers = {
      ...identityHeaders(key),
      ...rateLimitHeaders(rateLimits),
      'Cache-Control': 'no-store',
      Vary: CREDENTIAL_HEADERS.join(', '),
    };
    for (const [name, value] of Object.entries(headers)) setHeader(name, value);
  }

  private async admitted(request: HttpRequest, asked: Requirement, cost: number): Promise<Passed> {
    try {
      const passed = await this.admission.admit(
        readCredential(nodeRequestOf(request)),
        asked,
        'forward-auth',
        { cost },
      );
      attachDecision(request, passed);
      return passed;
    } catch (error) {
      if (error instanceof ProblemException) passDecisionOn(error, request);
      throw error;
    }
  }
}

/** Returns all identity headers, empty if unset, so that a proxy that copies them overwrites headers that the client forged. */
function identityHeaders(key: VerifiedKey): Record<string, string> {
  return {
    'X-Auth-Key-Id': key.id,
    'X-Auth-Scopes': key.scopes.join(' '),
    'X-Auth-Org-Id': key.orgId ?? '',
    'X-Auth-Project-Id': key.projectId ?? '',
    'X-Auth-Owner-Id': key.ownerId ?? '',
    'X-Auth-External-Id': key.externalId ?? '',
  };
}
