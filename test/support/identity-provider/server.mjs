// An OpenID provider in its own process, so that it can be stopped, suspended and started again. Its parent sends its
// settings (`ProviderSettings`). Each message replaces all of them at the same address.
import { createServer } from 'node:http';
import { errors, Provider } from 'oidc-provider';

let answer;
const server = createServer((request, response) => answer(request, response));

process.on('disconnect', () => process.exit());
process.on('message', (settings) => {
  answer = providerOf(settings).callback();
  if (server.listening) process.send('ready');
  else server.listen(settings.port, '127.0.0.1', () => process.send('ready'));
});

function providerOf({ issuer, keys, clients, resources, people }) {
  return new Provider(issuer, {
    jwks: { keys },
    clients,
    cookies: { keys: ['only for tests'] },
    pkce: { required: () => true },
    claims: {
      openid: ['sub', 'orgs', 'roles', 'groups', 'realm_access'],
      profile: ['name', 'picture'],
      email: ['email', 'email_verified'],
    },
    conformIdTokenClaims: false,
    clientBasedCORS: () => true,
    findAccount: (_context, sub) =>
      Object.hasOwn(people, sub) ? { accountId: sub, claims: () => ({ sub, ...people[sub] }) } : undefined,
    extraTokenClaims: (_context, token) => people[token.accountId],
    features: {
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, audience) => {
          if (!resources.includes(audience)) throw new errors.InvalidTarget();
          return { audience, scope: '', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
        },
      },
    },
  });
}
