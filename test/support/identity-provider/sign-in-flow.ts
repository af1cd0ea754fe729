import { createHash, randomBytes } from 'node:crypto';
import { BrowserSession } from './browser-session';

/** The parameters of a sign-in. */
export interface SignInRequest {
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly login: string;
  /** The audience of the access token (RFC 8707). `null` to request none. */
  readonly resource: string | null;
}

/** The tokens that an application gets after a sign-in. */
export interface SignedIn {
  readonly accessToken: string;
  readonly idToken: string;
}

interface Metadata {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
}

/** Runs the authorization-code flow with PKCE (RFC 6749, RFC 7636). The person logs in and consents. */
export async function signInAt(request: SignInRequest): Promise<SignedIn> {
  const { issuer, clientId, redirectUri, login, resource } = request;
  const description = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const metadata = (await (await fetch(description)).json()) as Metadata;
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const url = new URL(metadata.authorization_endpoint);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: 'openid profile email',
    state,
    nonce: randomBytes(16).toString('base64url'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(resource !== null && { resource }),
  }).toString();

  const browser = new BrowserSession(url.origin);
  const asked = await browser.submit(await browser.open(url), { login, password: 'not checked' });
  const back = asked.html === undefined ? asked : await browser.submit(asked, {});
  const code = back.url.searchParams.get('code');
  if (code === null || back.url.searchParams.get('state') !== state) {
    throw new Error(`${login} is not signed in: ${back.html ?? back.url.href}`);
  }
  return redeem(metadata.token_endpoint, {
    grant_type: 'authorization_code',
    client_id: clientId,
    redirect_uri: redirectUri,
    code,
    code_verifier: verifier,
  });
}

async function redeem(endpoint: string, form: Readonly<Record<string, string>>): Promise<SignedIn> {
  const response = await fetch(endpoint, { method: 'POST', body: new URLSearchParams(form) });
  const text = await response.text();
  if (!response.ok) throw new Error(`redeeming the code failed: ${text}`);
  const tokens = JSON.parse(text) as { readonly access_token: string; readonly id_token: string };
  return { accessToken: tokens.access_token, idToken: tokens.id_token };
}
