import { startEnvoy } from '../support/integration/proxy/envoy';
import { itGuardsLikeEveryProxy } from '../support/integration/proxy/proxy-cases';

describe('Envoy with ext_authz in front of a service', () => {
  itGuardsLikeEveryProxy(startEnvoy, { environment: {}, away: 503, hanging: 503 });
});
