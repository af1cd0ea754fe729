import { CursorCodec } from '../../http/cursor';
import { type Page, readPage } from '../../http/page';
import { type ApiKey, type ApiKeyStatus, statusOf } from '../domain/api-key';
import { isKeyId } from '../domain/key-id';
import { isVisible, type Viewpoint } from '../domain/visibility';
import type { ApiKeyRepository, KeyOutline } from '../storage/api-key.repository';

/** The cursors of lists of keys. */
export const KEY_CURSORS = new CursorCodec('k1:', isKeyId);

/** Which keys a page is to show. */
export interface KeyPageQuery {
  /** 1 to 1000. */
  readonly limit: number;
  /** The `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
  readonly status?: ApiKeyStatus | undefined;
  readonly orgId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly ownerId?: string | undefined;
  readonly externalId?: string | undefined;
}

/**
 * One page of the keys that a viewpoint sees, newest first. The status, which no index narrows down, is filtered
 * among the outlines of at most 1,000 records, so that a page may be short. All else is left to the store, so that a cursor never holds
 * the id of a key that is not seen, see decision record 0047.
 *
 * @throws InvalidCursorError
 */
export async function pageOf(
  repository: ApiKeyRepository,
  viewpoint: Viewpoint,
  query: KeyPageQuery,
  now: Date,
): Promise<Page<ApiKey>> {
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
  // A key may have changed between the two reads: it is judged as it is shown.
  return { data: keys.filter(wanted), nextCursor: outlines.nextCursor };
}

/** The value that both sides accept; `null` where they contradict each other. */
function agreed(limit: string | undefined, asked: string | undefined): string | undefined | null {
  return limit === undefined || asked === undefined || limit === asked ? (limit ?? asked) : null;
}

function idOf({ id }: KeyOutline): string {
  return id;
}
