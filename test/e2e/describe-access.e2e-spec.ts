import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { ApiHeader, ApiResponse, ApiSecurity, DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Ajv2020 } from 'ajv/dist/2020';
import { describeAccess, RequireScopes, TenantHeaders } from 'keyward';
import type { HttpAnswer } from '../support/http-client';
import { type MemoriesHost, startMemoriesHost } from '../support/memories-host';
import { ADAPTERS } from '../support/two-adapters';

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly securitySchemes: Readonly<Record<string, object>>;
  };
}

interface DescribedOperation {
  readonly description?: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly security?: readonly object[];
  readonly responses: Readonly<Record<string, DescribedAnswer>>;
}

interface DescribedAnswer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly content?: Readonly<Record<string, { readonly examples?: object }>>;
}

@Controller('jwt')
@RequireScopes('memory:read')
@TenantHeaders()
class SelfDescribed {
  @Get()
  @ApiSecurity('jwt')
  @ApiHeader({ name: 'x-org-id', description: 'acme or globex' })
  @ApiResponse({ status: 200, description: 'the memories' })
  @ApiResponse({ status: 401, description: 'Sign in at acme or globex.' })
  list(this: void): object {
    return {};
  }
}

const REDOCLY = join(__dirname, '../../node_modules/@redocly/cli/bin/cli.js');
/** What only the host can describe: summaries, and the errors of public routes. */
const HOST_RULES = ['operation-summary', 'operation-4xx-response'];
const ACME = '/orgs/acme/projects/apollo/memories';
const TEMPLATE = '/orgs/{orgId}/projects/{projectId}/memories';
const READER = { scopes: ['memory:read'] };
const BOTH = [{ apiKeyBearer: [] }, { apiKeyHeader: [] }];
/** The headers with which the guard explains a rejection. */
const HEADERS = ['WWW-Authenticate', 'Retry-After', 'RateLimit', 'RateLimit-Policy'];

function documentOf(app: INestApplication, openapi: string): Described {
  const config = new DocumentBuilder()
    .setOpenAPIVersion(openapi)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('https://memories.example.org')
    .addBearerAuth({ type: 'http', scheme: 'bearer' }, 'jwt')
    .build();
  return describeAccess(SwaggerModule.createDocument(app, config), app) as unknown as Described;
}

function answerIn(document: Described, path: string, status: number): DescribedAnswer {
  const answer = document.paths[path]?.['get']?.responses[status];
  if (answer === undefined) throw new Error(`GET ${path} has no answer ${status}`);
  return answer;
}

/** Returns the codes and headers that a rejection has and its description lacks, and the reverse for required headers. */
function differences(described: DescribedAnswer, { body, headers }: HttpAnswer): readonly string[] {
  const media = headers.get('content-type')?.split(';')[0] ?? '';
  const codes = Object.keys(described.content?.[media]?.examples ?? {});
  const documented = described.headers ?? {};
  return [
    ...(codes.includes(String(body['code'])) ? [] : [`${media} ${String(body['code'])}`]),
    ...HEADERS.filter((name) => headers.has(name) && !(name in documented)),
    ...HEADERS.filter((name) => !headers.has(name) && documented[name]?.required === true),
  ];
}

describe.each(ADAPTERS)('an OpenAPI document from describeAccess() on %s', (adapter) => {
  let host: MemoriesHost;
  let document: Described;

  beforeAll(async () => {
    const options = { routes: false, limits: { failedCredentials: { limit: 5, windowSeconds: 60 } } };
    host = await startMemoriesHost(adapter, options, { controllers: [SelfDescribed] });
    document = documentOf(host.app, '3.0.0');
  });
  afterAll(async () => host.close());

  it('is valid in OpenAPI 3.0 and 3.1', () => {
    const folder = mkdtempSync(join(tmpdir(), 'keyward-describe-access-'));
    const files = ['3.0.0', '3.1.0'].map((version) => {
      const file = join(folder, `openapi-${version}.json`);
      writeFileSync(file, JSON.stringify(documentOf(host.app, version)));
      return file;
    });
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      [
        REDOCLY,
        'lint',
        ...files,
        '--extends=recommended',
        ...HOST_RULES.map((rule) => `--skip-rule=${rule}`),
      ],
      {
        encoding: 'utf8',
        env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
      },
    );
    rmSync(folder, { recursive: true });
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
    expect(stdout).toBe('');
  });

  it.each([
    [TEMPLATE, 'Requires an API key with the scope `memory:read`.'],
    [
      '/reports',
      'Requires an API key with the scope `report:use`, and with one of the scopes `report:read` or `report:admin`.',
    ],
    ['/whoami', 'Requires an API key.'],
  ])('names the credentials and scopes of GET %s', (path, description) => {
    const operation = document.paths[path]?.['get'];
    expect([operation?.description, operation?.security]).toEqual([description, BOTH]);
  });

  it('requires no credential on a public route', () => {
    const { security, responses, description } = document.paths['/status']?.['get'] ?? {};
    expect([security, description, Object.keys(responses ?? {})]).toEqual([[], undefined, ['200']]);
  });

  it('lists tenant headers only on the routes that read them', () => {
    const withHeaders = Object.entries(document.paths)
      .filter(([, item]) =>
        Object.values(item).some(({ parameters }) =>
          parameters.some(({ name }) => /^x-(?:org|project)-id$/i.test(name)),
        ),
      )
      .map(([path]) => path);
    expect(withHeaders).toEqual(['/memories', '/orgs/{orgId}/memories', '/jwt']);
  });

  it('lists the tenant as path parameters if the handler uses @Tenant()', () => {
    const names = document.paths[TEMPLATE]?.['get']?.parameters.map(
      ({ in: place, name }) => `${place} ${name}`,
    );
    expect(names).toEqual(['path orgId', 'path projectId']);
  });

  it('keeps the security, parameters and responses that the host declares for a route', () => {
    const { security, parameters, responses } = document.paths['/jwt']?.['get'] ?? {};
    expect(security).toEqual([{ jwt: [] }]);
    expect(parameters?.map(({ name }) => name)).toEqual(['x-org-id', 'X-Project-Id']);
    expect(responses?.[401]).toEqual({ description: 'Sign in at acme or globex.' });
  });

  it('describes the guard’s answers to missing, malformed and rejected keys', async () => {
    const acme = { orgId: 'acme', projectId: 'apollo' };
    const [reader, idle, globex, limited, elsewhere] = await Promise.all([
      host.issue({ ...READER, ...acme }),
      host.issue(acme),
      host.issue({ ...READER, orgId: 'globex', projectId: 'apollo' }),
      host.issue({ ...READER, ...acme, rateLimits: [{ name: 'default', limit: 1, windowSeconds: 60 }] }),
      host.issue({ ...READER, ...acme, allowedIps: ['192.0.2.7'] }),
    ]);
    expect((await host.as(reader.token).get(ACME)).body['memories']).toEqual(['acme keeps apollo']);
    expect((await host.as(limited.token).get(ACME)).status).toBe(200);
    const validate = new Ajv2020({ strict: false })
      .addSchema(document, 'document')
      .compile({ $ref: 'document#/components/schemas/Problem' });
    for (const [path, template, token, code] of [
      [ACME, TEMPLATE, undefined, 'missing_credential'],
      [ACME, TEMPLATE, 'kw_forged', 'malformed_token'],
      [ACME, TEMPLATE, idle.token, 'insufficient_scope'],
      [ACME, TEMPLATE, globex.token, 'binding_mismatch'],
      [ACME, TEMPLATE, elsewhere.token, 'ip_not_allowed'],
      [ACME, TEMPLATE, limited.token, 'rate_limited'],
      ['/whoami', '/whoami', globex.token, 'binding_mismatch'],
      ['/mine/globex', '/mine/{orgId}', elsewhere.token, 'ip_not_allowed'],
    ] as const) {
      const answer = await host.as(token).get(path);
      const described = answerIn(document, template, answer.status);
      expect([path, answer.body['code'], differences(described, answer)]).toEqual([path, code, []]);
      expect([path, validate(answer.body)]).toEqual([path, true]);
    }
  });

  it('describes the 429 answer to an address with too many failed credentials', async () => {
    let answer = await host.as('kw_forged').get(ACME);
    for (let failures = 0; answer.status === 401 && failures < 10; failures += 1) {
      answer = await host.as('kw_forged').get(ACME);
    }
    expect(answer.body['code']).toBe('too_many_failures');
    expect(differences(answerIn(document, TEMPLATE, 429), answer)).toEqual([]);
  });

  it('lists the same credentials for Keyward’s routes, and keeps the responses that they declare', async () => {
    const other = await startMemoriesHost(adapter);
    const { paths, components } = documentOf(other.app, '3.0.0');
    await other.close();
    const own = Object.entries(paths).filter(([path]) => /^\/(?:v1|oauth2)\//.test(path));
    const securities = own.flatMap(([, item]) => Object.values(item).map(({ security }) => security));
    expect([securities.length > 10, new Set(securities.map((each) => JSON.stringify(each)))]).toEqual([
      true,
      new Set([JSON.stringify(BOTH)]),
    ]);
    expect(Object.keys(components.securitySchemes).toSorted()).toEqual([
      'apiKeyBearer',
      'apiKeyHeader',
      'jwt',
    ]);
    expect(components.schemas).not.toHaveProperty('Problem2');
    expect(answerIn({ paths, components }, '/v1/api-keys', 403).headers).toBeUndefined();
  });
});
