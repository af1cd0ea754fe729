import { CursorCodec } from '../../http/cursor';
import { type Page, readPage } from '../../http/page';
import { ANYTHING, type MemberRules, oneOf, requireMembers, TEXT } from '../../problems/members';
import { API_KEY_STATUSES, type ApiKey, type ApiKeyStatus, statusOf } from '../domain/api-key';
import { isKeyId } from '../domain/key-id';
import { isVisible, type Viewpoint } from '../domain/visibility';
import type { ApiKeyRepository, KeyOutline } from '../storage/api-key.repository';

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
 * Returns one page of the keys that a viewpoint sees, newest first. No index covers the status. So a filter by status
 * reads the outlines of at most 1,000 records, and the page can be short. The store applies all other filters, so that
 * a cursor never contains the id of a key that the viewpoint does not see. See decision record 0047.
 *
 * @throws InvalidCursorError
 * @throws UnacceptableFieldError if a filter is unknown or invalid
 */
export async function pageOf(
  repository: ApiKeyRepository,
  viewpoint: Viewpoint,
  query: KeyPageQuery,
  now: Date,
): Promise<Page<ApiKey>> {
  requireMembers(query, QUERY, ['limit']);
  const ownerId = agreed(viewpoint.ownerId, query.ownerId);
  const orgId = agreed(viewpoint.orgId, query.orgId);
  const projectId = agreed(viewpoint.projectId, query.projectId);
  const { externalId } = query;
  const before = KEY_CURSORS.read(query.cursor);
  if (ownerId === null || orgId === null || projectId === null) return { data: [], nextCursor: null };

  const parts = { ownerId, orgId, projectId, externalId };
  const wanted = (key: KeyOutline): boolean =>
    isVisible(parts, key) &&
    (externalId === undefined || key.externalId === externalId) &&
    (query.status === undefined || statusOf(key, now) === query.status);
  const page = { before, limit: query.limit, codec: KEY_CURSORS, positionOf: idOf, isWanted: wanted };
  if (query.status === undefined) {
    return readPage<ApiKey>({ ...page, read: async (from) => repository.list({ ...parts, ...from }) });
  }
  const outlines = await readPage<KeyOutline>({
    ...page,
    isFiltered: true,
    read: async (from) => repository.listOutlines({ ...parts, ...from }),
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

function idOf({ id }: KeyOutline): string {
  return id;
}
