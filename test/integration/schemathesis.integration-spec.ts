import { type Keyward, startKeywardInMemory } from '../support/integration/keyward';
import { runSchemathesis } from '../support/integration/schemathesis/run-schemathesis';
import type { StatusCounts } from '../support/integration/schemathesis/status-counts';

const RUNS_WITHIN_MS = 660_000;

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

async function operationsOf(keyward: Keyward): Promise<readonly string[]> {
  const { paths } = (await keyward.as().get('/docs-json')).body as unknown as Described;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

function statusesOf(counts: StatusCounts, operation: string): readonly number[] {
  return [...(counts.get(operation)?.keys() ?? [])];
}

async function withService(
  failedCredentialsPerMinute: number,
  use: (keyward: Keyward) => Promise<void>,
): Promise<void> {
  const keyward = await startKeywardInMemory({
    LOG_LEVEL: 'error',
    FAILED_CREDENTIALS_PER_MINUTE: String(failedCredentialsPerMinute),
  });
  try {
    await use(keyward);
    expect((await keyward.root.get('/v1/api-keys/self')).status).toBe(200);
  } finally {
    await keyward.stop();
  }
}

/**
 * The operations that succeed only for a signed-in user. The schemas of their answers are checked, but no success is
 * required.
 */
const NEEDS_PEOPLE: ReadonlySet<string> = new Set([
  'GET /v1/users/me',
  'PATCH /v1/users/me',
  'PATCH /v1/users/{id}',
  'DELETE /v1/users/{id}',
]);

describe('every answer to the requests of schemathesis', () => {
  it(
    'matches the OpenAPI document for a caller with the scope *',
    async () => {
      await withService(1_000_000, async (keyward) => {
        const counts = await runSchemathesis(keyward, {
          caller: { scopes: ['*'] },
          casesPerKey: 1,
          examples: 40,
        });
        const succeeded = (operation: string): boolean =>
          statusesOf(counts, operation).some((status) => status < 300);
        const operations = await operationsOf(keyward);
        expect(operations.length).toBeGreaterThan(10);
        const reachable = operations.filter((operation) => !NEEDS_PEOPLE.has(operation));
        expect(reachable.filter((operation) => !succeeded(operation))).toEqual([]);
      });
    },
    RUNS_WITHIN_MS,
  );

  it(
    'matches the OpenAPI document for a bound caller with few rights and a low rate limit',
    async () => {
      await withService(20, async (keyward) => {
        const counts = await runSchemathesis(keyward, {
          caller: {
            scopes: ['api-keys:read', 'api-keys:verify'],
            orgId: 'acme',
            rateLimits: [{ name: 'default', limit: 3, windowSeconds: 60 }],
          },
          casesPerKey: 5,
          examples: 20,
        });
        expect(statusesOf(counts, 'GET /v1/api-keys')).toEqual(expect.arrayContaining([200, 429]));
        expect(statusesOf(counts, 'POST /v1/api-keys')).toContain(403);
      });
    },
    RUNS_WITHIN_MS,
  );
});
