import { CursorCodec } from '../../http/cursor';
import { type Page, readMerged, readPage } from '../../http/page';
import { ANYTHING, type MemberRules, oneOf, requireMembers, TEXT } from '../../problems/members';
import { API_KEY_STATUSES, type ApiKey, type ApiKeyStatus, statusOf } from '../domain/api-key';
import { isKeyId } from '../domain/key-id';
import { isVisible, type Viewpoint } from '../domain/visibility';
import type { ApiKeyQuery, ApiKeyRepository, KeyOutline } from '../storage/api-key.repository';

/** Encodes and reads the cursors of key lists. */
export const KEY_CURSORS = new CursorCodec('k1:', isKeyId);

/** A request for one page of keys: the filters, the size and the cursor. */
export interface KeyPageQuery {
  /** The maximum number of keys on the page, 1 to 1000. */
  readonly limit: number;
  /** The `nextCursor` of the previous page. */
  readonly cursor?: string | undefined;
  readonly status?: ApiKeyStatus | undefined;
  readonly orgId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly ownerId?: string | undefined;
  readonly externalId?: string | undefined;
}

const QUERY: MemberRules<KeyPageQuery> = {
  limit: ANYTHING,
  cursor: TEXT,
  status: oneOf(API_KEY_STATUSES),
  orgId: TEXT,
  projectId: TEXT,
  ownerId: TEXT,
  externalId: TEXT,
};

/**
 * Returns one page of the keys that any of the viewpoints sees, newest first. No index covers the status. So a filter by status
 * reads the outlines of at most 1,000 records, and the page can be short. The store applies all other filters, so that
 * a cursor never contains the id of a key that no viewpoint sees. See decision record 0047.
 *
 * @throws InvalidCursorError
 * @throws UnacceptableFieldError if a filter is unknown or invalid
 */
export async function pageOf(
  repository: ApiKeyRepository,
  viewpoints: readonly Viewpoint[],
  query: KeyPageQuery,
  now: Date,
): Promise<Page<ApiKey>> {
  requireMembers(query, QUERY, ['limit']);
  const before = KEY_CURSORS.read(query.cursor);
  const lists = viewpoints.flatMap((viewpoint) => within(viewpoint, query) ?? []);
  if (lists.length === 0) return { data: [], nextCursor: null };

  const { externalId } = query;
  const wanted = (key: KeyOutline): boolean =>
    lists.some((parts) => isVisible(parts, key)) &&
    (externalId === undefined || key.externalId === externalId) &&
    (query.status === undefined || statusOf(key, now) === query.status);
  const merged = async <T extends KeyOutline>(
    read: (asked: ApiKeyQuery) => Promise<readonly T[]>,
    from: Pick<ApiKeyQuery, 'before' | 'limit'>,
  ): Promise<readonly T[]> =>
    readMerged(
      lists.map((parts) => async () => read({ ...parts, externalId, ...from })),
      idOf,
      from.limit,
    );
  const page = { before, limit: query.limit, codec: KEY_CURSORS, positionOf: idOf, isWanted: wanted };
  if (query.status === undefined) {
    return readPage<ApiKey>({
      ...page,
      read: async (from) => merged((asked) => repository.list(asked), from),
    });
  }
  const outlines = await readPage<KeyOutline>({
    ...page,
    isFiltered: true,
    read: async (from) => merged((asked) => repository.listOutlines(asked), from),
  });
  const ids = outlines.data.map(({ id }) => id);
  const keys = ids.length === 0 ? [] : await repository.findMany(ids);
  // A key may have changed between the two reads, so the filter runs on the version that is shown.
  return { data: keys.filter(wanted), nextCursor: outlines.nextCursor };
}

/** Combines the binding of a viewpoint with a filter. Returns `null` if they differ, because no key matches both. */
export function agreed(limit: string | undefined, asked: string | undefined): string | undefined | null {
  return limit === undefined || asked === undefined || limit === asked ? (limit ?? asked) : null;
}

/** Combines a viewpoint with the filters. Returns `undefined` if they differ, because no key matches both. */
function within(viewpoint: Viewpoint, asked: Viewpoint): Viewpoint | undefined {
  const parts = (['ownerId', 'orgId', 'projectId'] as const).map((name) => [
    name,
    viewpoint[name] ?? asked[name],
  ]);
  const both: Viewpoint = Object.fromEntries(parts);
  return isVisible(asked, both) ? both : undefined;
}

function idOf({ id }: KeyOutline): string {
  return id;
}
