import { HttpClient } from '../http-client';

/** Creates a key over HTTP with the token of another key. */
export async function keyFrom(
  url: string,
  token: string,
  request: object,
): Promise<{ id: string; token: string }> {
  const { status, body, text } = await new HttpClient(url, token).post('/v1/api-keys', {
    name: 'test',
    ...request,
  });
  if (status !== 201) throw new Error(`no key was created: ${status} ${text}`);
  return body as { id: string; token: string };
}

export async function statusOf(url: string, path: string, token?: string): Promise<number> {
  return (await new HttpClient(url, token).get(path)).status;
}

/** The expected statuses of the guard for two tenants while a key of acme is created, rotated and revoked. */
export const LIFE_OF_A_KEY = {
  created: { acme: 200, globex: 403, nobody: 401 },
  rotated: { current: 200, previous: 401 },
  revoked: { acme: 401, globex: 403 },
};

/** Creates, rotates and revokes a key of acme. Requests the memories of acme at each step, and returns the statuses. */
export async function livedThrough(url: string, root: string): Promise<typeof LIFE_OF_A_KEY> {
  const scopes = ['memory:read'];
  const acme = await keyFrom(url, root, { scopes, orgId: 'acme' });
  const globex = await keyFrom(url, root, { scopes, orgId: 'globex' });
  const asked = async (token?: string): Promise<number> => statusOf(url, '/orgs/acme/memories', token);
  const created = {
    acme: await asked(acme.token),
    globex: await asked(globex.token),
    nobody: await asked(),
  };
  const keys = new HttpClient(url, root);
  const { body } = await keys.post(`/v1/api-keys/${acme.id}/rotate`, {});
  const current = String(body['token']);
  const rotated = { current: await asked(current), previous: await asked(acme.token) };
  await keys.delete(`/v1/api-keys/${acme.id}`);
  return { created, rotated, revoked: { acme: await asked(current), globex: await asked(globex.token) } };
}
