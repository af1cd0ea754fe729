import type { ApiKeyPage, ApiKeysService } from '../../api-keys/management/api-keys.service';
import type { Caller } from '../../api-keys/domain/caller';
import type { KeyPageQuery } from '../../api-keys/management/key-page';

const LARGEST_PAGE = 100;

/**
 * Yields pages until they contain `count` keys or there are no more. A page may have fewer keys than requested if a
 * filter skips keys. The next page continues after it.
 *
 * @param count the maximum number of keys; may be `Infinity`
 */
export async function* keyPages(
  apiKeys: Pick<ApiKeysService, 'list'>,
  caller: Caller,
  query: Omit<KeyPageQuery, 'limit'>,
  count: number,
): AsyncGenerator<ApiKeyPage> {
  let { cursor } = query;
  for (let left = count; left > 0;) {
    const page = await apiKeys.list(caller, { ...query, cursor, limit: Math.min(left, LARGEST_PAGE) });
    yield page;
    if (page.nextCursor === null) return;
    cursor = page.nextCursor;
    left -= page.data.length;
  }
}
