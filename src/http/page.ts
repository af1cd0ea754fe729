import { UnacceptableFieldError } from '../problems/unacceptable-field.error';
import type { CursorCodec } from './cursor';

/** The maximum number of records that are examined for one page. A page with the limit 1000 examines one more. */
const MAX_EXAMINED = 1000;
/** The maximum number of records on a page. */
const MAX_LIMIT = 1000;
/** The number of records in one read, if the page has filters. */
const FILTERED_BATCH = 250;

/** A page of a list. The list ends only if `nextCursor` is null. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
}

/** The source of the records of a page. */
export interface PageSource<T> {
  /** The position of the last record before the page; `undefined` for the first page. */
  readonly before: string | undefined;
  /** The maximum number of records on the page. */
  readonly limit: number;
  readonly codec: CursorCodec;
  positionOf(record: T): string;
  /** Reads the next records, in the order of the list. */
  read(from: { readonly before: string | undefined; readonly limit: number }): Promise<readonly T[]>;
  /** Returns whether a record belongs to the page. */
  isWanted?(record: T): boolean;
  /** Whether filters may exclude many of the records that are read. */
  readonly isFiltered?: boolean;
}

/**
 * Reads batches until the page is full, the list ends or 1,000 records are examined. A page may therefore have fewer records
 * than its limit.
 *
 * @throws UnacceptableFieldError unless the limit is a whole number from 1 to 1000
 */
export async function readPage<T>(source: PageSource<T>): Promise<Page<T>> {
  const { limit, codec, isFiltered = false } = source;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw new UnacceptableFieldError('/limit', `must be a whole number from 1 to ${MAX_LIMIT}`);
  const batchSize = isFiltered ? FILTERED_BATCH : limit + 1;
  const maxExamined = Math.max(MAX_EXAMINED, limit + 1);
  let { before } = source;
  const data: T[] = [];
  const endingHere = (): Page<T> => ({ data, nextCursor: before === undefined ? null : codec.after(before) });
  for (let examined = 0; examined < maxExamined;) {
    const size = Math.min(batchSize, maxExamined - examined);
    const batch = await source.read({ before, limit: size });
    for (const record of batch) {
      if (data.length === limit) return endingHere();
      if (source.isWanted?.(record) ?? true) data.push(record);
      before = source.positionOf(record);
    }
    if (batch.length < size) return { data, nextCursor: null };
    examined += batch.length;
  }
  return endingHere();
}

/**
 * Reads the next records of several lists as one list: each record once, the highest position first. A shorter result means that
 * all lists have ended.
 */
export async function readMerged<T>(
  lists: readonly (() => Promise<readonly T[]>)[],
  positionOf: (record: T) => string,
  limit: number,
): Promise<readonly T[]> {
  const batches = await Promise.all(lists.map(async (read) => read()));
  const byPosition = new Map(batches.flat().map((record) => [positionOf(record), record]));
  const positions = [...byPosition.keys()].toSorted().toReversed().slice(0, limit);
  return positions.flatMap((position) => byPosition.get(position) ?? []);
}
