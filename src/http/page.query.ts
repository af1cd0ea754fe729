import { Transform } from 'class-transformer';
import { Matches } from 'class-validator';
import { IsWhole, MayBeAbsent } from './field-rules';

/** The default number of entries on a page. */
export const DEFAULT_PAGE_SIZE = 20;

/** The query of a request for a page. */
export class PageQuery {
  /**
   * The maximum number of entries on the page.
   * @example 20
   */
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,4}$/.test(value) ? Number(value) : value,
  )
  @IsWhole(1, 100)
  limit?: number = DEFAULT_PAGE_SIZE;

  /** The `nextCursor` of the previous page. */
  @MayBeAbsent()
  @Matches(/^[A-Za-z0-9_-]{1,100}$/, { message: 'must be the nextCursor of a list' })
  cursor?: string;
}
