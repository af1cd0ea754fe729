import { createHmac } from 'node:crypto';
import { CLIENTS, type IdentityProvider, OTHER_AUDIENCE } from '../identity-provider';
import type { SigningKey } from './signing-key';

/** The provider and the attacker, from which a hostile token is made. */
export interface Forgery {
  readonly provider: IdentityProvider;
  readonly attackersKey: SigningKey;
  /** The URL at which the attacker publishes the attacker's key. */
  readonly attackersUrl: string;
}

type Forge = (forgery: Forgery) => string | Promise<string>;

const HOUR = 3600;
const now = (): number => Math.floor(Date.now() / 1000);
const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Makes a token with these claims, signed by the provider. */
const claiming =
  (claims: () => Readonly<Record<string, unknown>>): Forge =>
  ({ provider }) =>
    provider.sign(claims());

/** Makes a token with this header, signed by the provider. */
const headed =
  (header: Readonly<Record<string, unknown>>): Forge =>
  ({ provider }) =>
    provider.sign({}, header);

/** Makes a session that names the provider as issuer, but is signed by the attacker. */
const signedByAttacker =
  (header: (forgery: Forgery) => Readonly<Record<string, unknown>>): Forge =>
  (forgery) =>
    forgery.attackersKey.sign(forgery.provider.claims(), header(forgery));

/** Makes a valid session, and then changes its three parts. */
const altered =
  (change: (header: string, payload: string, signature: string) => string): Forge =>
  ({ provider }) => {
    const [header = '', payload = '', signature = ''] = provider.sign({}).split('.');
    return change(header, payload, signature);
  };

/** Makes a session with an HS256 MAC, whose secret is derived from the provider's public key. */
const macWith =
  (secretOf: (key: SigningKey) => string | Buffer): Forge =>
  ({ provider }) => {
    const key = provider.signingKey;
    const signed = `${encoded({ alg: 'HS256', typ: 'JWT', kid: key.kid })}.${encoded(provider.claims())}`;
    return `${signed}.${createHmac('sha256', secretOf(key)).update(signed).digest('base64url')}`;
  };

const unsigned =
  (alg: string): Forge =>
  ({ provider }) =>
    `${encoded({ alg, typ: 'JWT' })}.${encoded(provider.claims())}.`;

/** Bearer tokens in the form of a JWT that are not valid sessions, by what is wrong with them. */
export const HOSTILE_TOKENS: Readonly<Record<string, Forge>> = {
  'alg none': unsigned('none'),
  'alg None': unsigned('None'),
  'alg NONE with a signature': ({ provider }) =>
    `${encoded({ alg: 'NONE' })}.${encoded(provider.claims())}.AAAA`,
  'an empty alg': unsigned(''),
  'no alg': altered((_header, payload, signature) => `${encoded({ typ: 'JWT' })}.${payload}.${signature}`),
  'HS256 with the public key in PEM as the secret': macWith((key) =>
    key.publicKey.export({ type: 'spki', format: 'pem' }),
  ),
  'HS256 with the public key in DER as the secret': macWith((key) =>
    key.publicKey.export({ type: 'spki', format: 'der' }),
  ),
  'HS256 with the modulus as the secret': macWith((key) => key.publicJwk.n ?? ''),
  'HS256 with an empty secret': macWith(() => ''),

  'an issuer with a trailing slash': ({ provider }) => provider.sign({ iss: `${provider.issuer}/` }),
  'the issuer in capitals': ({ provider }) => provider.sign({ iss: provider.issuer.toUpperCase() }),
  'another issuer': claiming(() => ({ iss: 'https://accounts.google.com' })),
  'no issuer': claiming(() => ({ iss: undefined })),
  'an issuer in a list': ({ provider }) => provider.sign({ iss: [provider.issuer] }),

  'another audience': claiming(() => ({ aud: OTHER_AUDIENCE })),
  'another audience, issued by the provider itself': async ({ provider }) =>
    provider.tokenFor('ada', { resource: OTHER_AUDIENCE }),
  'an ID token of another client': async ({ provider }) =>
    (await provider.signIn('ada', { client: 'foreign' })).idToken,
  'the audience in capitals': claiming(() => ({ aud: 'URN:KEYWARD' })),
  'a longer audience': claiming(() => ({ aud: 'urn:keyward:admin' })),
  'no audience': claiming(() => ({ aud: undefined })),
  'an empty list of audiences': claiming(() => ({ aud: [] })),
  'an audience in an object': claiming(() => ({ aud: { 'urn:keyward': true } })),
  'our audience among others, issued to another client': claiming(() => ({
    aud: ['urn:keyward', OTHER_AUDIENCE],
    azp: CLIENTS.foreign,
  })),
  'our audience among others, issued to no client': claiming(() => ({
    aud: ['urn:keyward', OTHER_AUDIENCE],
  })),
  'our audience among others, issued to a list': claiming(() => ({
    aud: ['urn:keyward', OTHER_AUDIENCE],
    azp: ['urn:keyward'],
  })),

  'an expiry in the past': claiming(() => ({ exp: now() - HOUR })),
  'no expiry': claiming(() => ({ exp: undefined })),
  'an expiry as text': claiming(() => ({ exp: String(now() + HOUR) })),
  'a null expiry': claiming(() => ({ exp: null })),
  'a start in the future': claiming(() => ({ nbf: now() + HOUR })),
  'a start as text': claiming(() => ({ nbf: '0' })),

  'a logout token of the type of a session': claiming(() => ({
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  })),
  'a logout token without a type': ({ provider }) =>
    provider.sign(
      { events: { 'http://schemas.openid.net/event/backchannel-logout': {} } },
      { typ: undefined },
    ),
  'null events': claiming(() => ({ events: null })),
  'no subject': claiming(() => ({ sub: undefined })),
  'an empty subject': claiming(() => ({ sub: '' })),
  'a subject of 256 characters': claiming(() => ({ sub: 'a'.repeat(256) })),
  'a numeric subject': claiming(() => ({ sub: 1 })),
  'a query as subject': claiming(() => ({ sub: { $ne: null } })),

  "the attacker's key under the provider's kid": signedByAttacker(({ provider }) => ({
    kid: provider.signingKey.kid,
  })),
  'an unknown kid': signedByAttacker(() => ({})),
  'no kid': signedByAttacker(() => ({ kid: undefined })),
  'a kid that is a path': headed({ kid: '../../../../dev/null' }),
  'a kid of __proto__': headed({ kid: '__proto__' }),
  'a numeric kid': headed({ kid: 1 }),
  "the attacker's own key in the header": signedByAttacker(({ attackersKey }) => ({
    jwk: attackersKey.publicJwk,
  })),
  "the attacker's key set in the header": signedByAttacker(({ attackersUrl }) => ({ jku: attackersUrl })),
  "the attacker's certificate in the header": signedByAttacker(({ attackersUrl }) => ({ x5u: attackersUrl })),
  "the attacker's key set, under the provider's kid": signedByAttacker(({ provider, attackersUrl }) => ({
    kid: provider.signingKey.kid,
    jku: attackersUrl,
    x5u: attackersUrl,
  })),

  'an extension that must be understood': headed({ crit: ['urn:example'], 'urn:example': true }),
  'another algorithm than the signature uses': altered(
    (header, payload, signature) =>
      `${encoded({ ...decoded(header), alg: 'PS256' })}.${payload}.${signature}`,
  ),
  'an algorithm for another kind of key': altered(
    (header, payload, signature) =>
      `${encoded({ ...decoded(header), alg: 'ES256' })}.${payload}.${signature}`,
  ),
  'the type of a logout token': headed({ typ: 'logout+jwt' }),
  'the type of a security event': headed({ typ: 'application/secevent+jwt' }),
  'the type of a proof of possession': headed({ typ: 'dpop+jwt' }),
  'a type that is not text': headed({ typ: ['JWT'] }),

  'another payload than the signed one': altered(
    (header, payload, signature) =>
      `${header}.${encoded({ ...decoded(payload), roles: ['keyward-admin'] })}.${signature}`,
  ),
  'no signature': altered((header, payload) => `${header}.${payload}.`),
  'half a signature': altered(
    (header, payload, signature) => `${header}.${payload}.${signature.slice(0, 171)}`,
  ),
  'a garbage signature': altered(
    (header, payload, signature) => `${header}.${payload}.${'A'.repeat(signature.length)}`,
  ),
  'the signature of another session': ({ provider }) => {
    const [header, payload] = provider.sign({ sub: 'grace' }).split('.');
    return `${header}.${payload}.${provider.sign({}).split('.')[2]}`;
  },
  'a payload that is not JSON': altered(
    (header, _payload, signature) => `${header}.bm90IEpTT04.${signature}`,
  ),
  'a null payload': altered((header, _payload, signature) => `${header}.${encoded(null)}.${signature}`),
  'a header that is not JSON': altered((_header, payload, signature) => `bm90.${payload}.${signature}`),
  '12 kB of claims': claiming(() => ({ comment: 'a'.repeat(8500) })),
};

function decoded(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Readonly<Record<string, unknown>>;
}
