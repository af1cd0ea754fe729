import { itGuardsLikeEveryProxy } from '../support/integration/proxy/proxy-cases';
import { startNginx } from '../support/integration/proxy/nginx';

describe('nginx with auth_request in front of a service', () => {
  itGuardsLikeEveryProxy(startNginx, {
    environment: { FORWARD_AUTH_LIMITED_STATUS: '403' },
    away: 503,
    hanging: 503,
  });
});
