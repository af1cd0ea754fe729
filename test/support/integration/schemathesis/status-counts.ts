/** The members of an HTTP archive (HAR 1.2) that {@link countStatuses} reads. */
export interface Archive {
  readonly log: {
    readonly entries: readonly {
      readonly request: { readonly method: string; readonly url: string };
      readonly response: { readonly status: number };
    }[];
  };
}

/** The number of answers with each status, by operation. Example of an operation: `GET /v1/api-keys/{id}`. */
export type StatusCounts = ReadonlyMap<string, ReadonlyMap<number, number>>;

const FIXED = /^\/(?:v1\/api-keys(?:\/(?:verify|import|self(?:\/rotate)?))?|oauth2\/introspect)$/;

export function countStatuses({ log }: Archive): StatusCounts {
  const counts = new Map<string, Map<number, number>>();
  for (const { request, response } of log.entries) {
    const operation = `${request.method} ${operationPath(new URL(request.url).pathname)}`;
    const statuses = counts.get(operation) ?? new Map<number, number>();
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    counts.set(operation, statuses);
  }
  return counts;
}

function operationPath(path: string): string {
  if (FIXED.test(path)) return path;
  return path
    .replace(/^\/v1\/api-keys\/[^/]*/, '/v1/api-keys/{id}')
    .replace(/^\/v1\/policies\/orgs\/[^/]*/, '/v1/policies/orgs/{orgId}')
    .replace(/^\/v1\/policies\/owners\/[^/]*/, '/v1/policies/owners/{ownerId}');
}
