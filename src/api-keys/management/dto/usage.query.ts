import { IsRfc3339, MayBeAbsent } from '../../../http/field-rules';
import { parseRfc3339 } from '../../../http/rfc3339';

/** Which hours are asked for. */
export class UsageQuery {
  /**
   * From the hour around this moment on: RFC 3339 with an offset, whose "+" is written "%2B" in an address. By default a
   * day before `to`, and at most 31 days before it.
   * @example "2026-11-24T00:00:00Z"
   */
  @MayBeAbsent()
  @IsRfc3339()
  from?: string;

  /**
   * Only hours that begin before this moment: RFC 3339 with an offset. By default now.
   * @example "2026-11-25T00:00:00Z"
   */
  @MayBeAbsent()
  @IsRfc3339()
  to?: string;
}

/** What a query asks for. */
export function toUsageRequest({ from, to }: UsageQuery): { from: Date | undefined; to: Date | undefined } {
  return {
    from: from === undefined ? undefined : parseRfc3339(from),
    to: to === undefined ? undefined : parseRfc3339(to),
  };
}
