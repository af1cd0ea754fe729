import { startCaddy } from '../support/integration/proxy/caddy';
import { itGuardsLikeEveryProxy } from '../support/integration/proxy/proxy-cases';

describe('Caddy with forward_auth in front of a service', () => {
  itGuardsLikeEveryProxy(startCaddy, { environment: {}, away: 502, hanging: 504 });
});
