import type { ApiKeyPage } from '../../api-keys/management/api-keys.service';
import { rootCaller } from '../../api-keys/domain/caller';
import type { KeyPageQuery } from '../../api-keys/management/key-page';
import { aKey } from '../../testing/contract/key-fixtures';
import { keyPages } from './listed-pages';

/** Returns a service that lists pages of these lengths, whatever the limit. */
function listOf(...lengths: readonly number[]): {
  list(caller: unknown, query: KeyPageQuery): Promise<ApiKeyPage>;
  readonly asked: KeyPageQuery[];
} {
  const asked: KeyPageQuery[] = [];
  return {
    asked,
    list: async (_caller, query) => {
      const page = asked.push(query);
      const data = Array.from({ length: lengths[page - 1] ?? 0 }, () => aKey());
      return Promise.resolve({ data, nextCursor: page < lengths.length ? `after ${page}` : null });
    },
  };
}

async function lengthsOf(
  list: Parameters<typeof keyPages>[0],
  count: number,
  cursor?: string,
): Promise<readonly number[]> {
  const lengths: number[] = [];
  for await (const { data } of keyPages(list, rootCaller('cli'), { cursor }, count))
    lengths.push(data.length);
  return lengths;
}

describe('the pages of a key list', () => {
  it('contain as many keys as requested, even if a filter makes pages short', async () => {
    const list = listOf(3, 0, 4, 50);
    expect(await lengthsOf(list, 7)).toEqual([3, 0, 4]);
    expect(list.asked.map(({ limit }) => limit)).toEqual([7, 4, 4]);
    expect(list.asked.map(({ cursor }) => cursor)).toEqual([undefined, 'after 1', 'after 2']);
  });

  it('contain all keys after the given cursor, a hundred per page', async () => {
    const list = listOf(100, 100, 5);
    expect(await lengthsOf(list, Infinity, 'there')).toEqual([100, 100, 5]);
    expect(list.asked.map(({ limit }) => limit)).toEqual([100, 100, 100]);
    expect(list.asked[0]?.cursor).toBe('there');
  });
});
