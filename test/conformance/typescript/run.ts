/** Runs the conformance cases with an openapi-fetch client, whose types openapi-typescript generates. */
import { readFile } from 'node:fs/promises';
import createClient, { type Client } from 'openapi-fetch';
import type { components, operations, paths } from './keyward.js';
import { type Case, matches, resolved, Variables } from './table.js';

type Schemas = components['schemas'];
type Query<Operation extends keyof operations> = NonNullable<operations[Operation]['parameters']['query']>;

interface Outcome {
  readonly response: Response;
  readonly data?: unknown;
  readonly error?: unknown;
}

type Run = (client: Client<paths>, asked: Case) => Promise<Outcome>;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

const idOf = ({ path }: Case): { id: string } => ({ id: path?.['id'] ?? '' });
const ifMatch = ({ headers }: Case): { 'If-Match'?: string } =>
  headers?.['If-Match'] === undefined ? {} : { 'If-Match': headers['If-Match'] };

const OPERATIONS: Readonly<Record<string, Run>> = {
  createApiKey: (client, { body }) =>
    client.POST('/v1/api-keys', { body: body as Schemas['CreateApiKeyRequest'] }),
  listApiKeys: (client, { query = {} }) =>
    client.GET('/v1/api-keys', { params: { query: query as Query<'listApiKeys'> } }),
  getCurrentApiKey: (client) => client.GET('/v1/api-keys/self'),
  revokeCurrentApiKey: (client) => client.DELETE('/v1/api-keys/self'),
  getApiKey: (client, asked) => client.GET('/v1/api-keys/{id}', { params: { path: idOf(asked) } }),
  updateApiKey: (client, asked) =>
    client.PATCH('/v1/api-keys/{id}', {
      params: { path: idOf(asked), header: ifMatch(asked) },
      body: asked.body as Schemas['UpdateApiKeyRequest'],
    }),
  rotateApiKey: (client, asked) =>
    client.POST('/v1/api-keys/{id}/rotate', {
      params: { path: idOf(asked) },
      ...(asked.body !== undefined && { body: asked.body as Schemas['RotateApiKeyRequest'] }),
    }),
  revokeApiKey: (client, asked) =>
    client.DELETE('/v1/api-keys/{id}', {
      params: { path: idOf(asked), query: (asked.query ?? {}) as Query<'revokeApiKey'> },
    }),
  getApiKeyHistory: (client, asked) =>
    client.GET('/v1/api-keys/{id}/history', { params: { path: idOf(asked) } }),
  verifyApiKey: (client, { body }) =>
    client.POST('/v1/api-keys/verify', { body: body as Schemas['VerifyApiKeyRequest'] }),
  introspectToken: (client, { body }) =>
    client.POST('/oauth2/introspect', {
      body: body as Schemas['IntrospectTokenRequest'],
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    }),
};

/** Checks the generated types at compile time: none of these calls needs a cast. */
export async function compiles(client: Client<paths>): Promise<void> {
  const made = await client.POST('/v1/api-keys', { body: { name: 'reader', scopes: [], orgId: null } });
  if (made.data === undefined) {
    const code: Schemas['ProblemCode'] = made.error.code;
    throw new Error(code);
  }
  const { token, rateLimits }: Schemas['IssuedApiKey'] = made.data;
  const key: Schemas['ApiKey'] = made.data;
  const limit: number | undefined = rateLimits[0]?.limit;
  const noted: string | number | boolean | undefined = key.metadata['team'];
  const status: 'active' | 'disabled' | 'expired' | 'revoked' = key.status;
  const expiresAt: string | null = key.expiresAt;
  const rotated = await client.POST('/v1/api-keys/{id}/rotate', { params: { path: { id: key.id } } });
  // @ts-expect-error -- a verification needs a token
  await client.POST('/v1/api-keys/verify', { body: { scopes: ['memory:read'] } });
  // @ts-expect-error -- a name cannot be cleared
  await client.PATCH('/v1/api-keys/{id}', { params: { path: { id: key.id } }, body: { name: null } });
  print([token, limit, noted, status, expiresAt, rotated.data?.version].join(' '));
}

const { KEYWARD_URL: baseUrl = '', KEYWARD_TOKEN: root = '' } = process.env;
const [table = ''] = process.argv.slice(2);
const { cases } = JSON.parse(await readFile(table, 'utf8')) as { readonly cases: readonly Case[] };
const variables = new Variables({ root });
let passed = 0;
let failed = 0;
for (const each of cases) {
  const { name, operation, token, status, answer, keep = {}, ...asked } = resolved(each, variables);
  const run = OPERATIONS[operation];
  if (run === undefined) throw new Error(`no client for ${operation}`);
  const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
  const outcome = await run(client, { name, operation, token, status, ...asked });
  const got = outcome.data ?? outcome.error;
  const isRight = outcome.response.status === status && (answer === undefined || matches(answer, got));
  if (isRight) passed += 1;
  else failed += 1;
  print(`${isRight ? 'ok' : 'not ok'} ${name}`);
  if (!isRight) print(`  ${outcome.response.status} ${JSON.stringify(got)}`);
  variables.keep(keep, got);
}
print(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
