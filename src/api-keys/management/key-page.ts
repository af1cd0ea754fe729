import { KeywardError } from '../../problems/keyward.error';
import { type ApiKey, type ApiKeyStatus, statusOf } from '../domain/api-key';
import { isKeyId } from '../domain/key-id';
import { isVisible, type Viewpoint } from '../domain/visibility';
import type { ApiKeyRepository, KeyOutline } from '../storage/api-key.repository';

/** How many records one page looks at, at the most. */
const MAX_EXAMINED = 1000;
/** How many records are read at once where some of them may be filtered out. */
const FILTERED_BATCH = 250;
const CURSOR_MARK = 'k1:';

/** Which keys a page is to show. */
export interface KeyPageQuery {
  /** 1 to 100. */
  readonly limit: number;
  /** The `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
  readonly status?: ApiKeyStatus | undefined;
  readonly orgId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly ownerId?: string | undefined;
  readonly externalId?: string | undefined;
}

/** The cursor is not one that a list gave. */
export class InvalidCursorError extends KeywardError {
  constructor() {
    super('invalid_cursor', 'Pass the nextCursor of the page before as it was, or leave it out.');
  }
}

interface Page<K> {
  readonly data: readonly K[];
  readonly nextCursor: string | null;
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
  const before = query.cursor === undefined ? undefined : readCursor(query.cursor);
  if (ownerId === null || orgId === null || projectId === null) return { data: [], nextCursor: null };

  const parts = { ownerId, orgId, projectId, externalId };
  const wanted = (key: KeyOutline): boolean =>
    isVisible(parts, key) &&
    (externalId === undefined || key.externalId === externalId) &&
    (query.status === undefined || statusOf(key, now) === query.status);
  if (query.status === undefined) {
    const read: ReadBatch<ApiKey> = async (from) => repository.list({ ...parts, ...from });
    return pageFrom(read, { limit: query.limit, batchSize: query.limit + 1, before, wanted });
  }
  const readOutlines: ReadBatch<KeyOutline> = async (from) => repository.listOutlines({ ...parts, ...from });
  const outlines = await pageFrom(readOutlines, {
    limit: query.limit,
    batchSize: FILTERED_BATCH,
    before,
    wanted,
  });
  const ids = outlines.data.map(({ id }) => id);
  const keys = ids.length === 0 ? [] : await repository.findMany(ids);
  // A key may have changed between the two reads: it is judged as it is shown.
  return { data: keys.filter(wanted), nextCursor: outlines.nextCursor };
}

type ReadBatch<K> = (from: {
  readonly before: string | undefined;
  readonly limit: number;
}) => Promise<readonly K[]>;

/** Reads batches until the page is full, the list ends or enough was examined. */
async function pageFrom<K extends { readonly id: string }>(
  read: ReadBatch<K>,
  page: {
    readonly limit: number;
    readonly batchSize: number;
    readonly before: string | undefined;
    readonly wanted: (key: K) => boolean;
  },
): Promise<Page<K>> {
  let { before } = page;
  const data: K[] = [];
  for (let examined = 0; examined < MAX_EXAMINED;) {
    const limit = Math.min(page.batchSize, MAX_EXAMINED - examined);
    const batch = await read({ before, limit });
    for (const key of batch) {
      if (data.length === page.limit) return { data, nextCursor: cursorAfter(before) };
      if (page.wanted(key)) data.push(key);
      before = key.id;
    }
    if (batch.length < limit) return { data, nextCursor: null };
    examined += batch.length;
  }
  return { data, nextCursor: cursorAfter(before) };
}

/** The value that both sides accept; `null` where they contradict each other. */
function agreed(limit: string | undefined, asked: string | undefined): string | undefined | null {
  return limit === undefined || asked === undefined || limit === asked ? (limit ?? asked) : null;
}

/** The cursor of the page after the one that ends with this id. */
export function cursorAfter(id: string | undefined): string | null {
  if (id === undefined) return null;
  return Buffer.from(CURSOR_MARK + id).toString('base64url');
}

/** @throws InvalidCursorError */
export function readCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const id = text.slice(CURSOR_MARK.length);
  if (!text.startsWith(CURSOR_MARK) || !isKeyId(id) || cursorAfter(id) !== cursor)
    throw new InvalidCursorError();
  return id;
}
