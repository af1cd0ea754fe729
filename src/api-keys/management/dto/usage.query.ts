import { IsRfc3339, MayBeAbsent } from '../../../http/field-rules';
import { parseRfc3339 } from '../../../http/rfc3339';

/** The hours of a usage report. */
export class UsageQuery {
  /**
   * The report begins with the full hour that contains this time: an RFC 3339 date-time with an offset. Write "+" as
   * "%2B" in a URL. The default is one day before `to`, the maximum 31 days before `to`.
   * @example "2026-11-24T00:00:00Z"
   */
  @MayBeAbsent()
  @IsRfc3339()
  from?: string;

  /**
   * The report covers the hours that begin before this time: an RFC 3339 date-time with an offset. The default is now.
   * @example "2026-11-25T00:00:00Z"
   */
  @MayBeAbsent()
  @IsRfc3339()
  to?: string;
}

/** Converts a query to a request of the service. */
export function toUsageRequest({ from, to }: UsageQuery): { from: Date | undefined; to: Date | undefined } {
  return {
    from: from === undefined ? undefined : parseRfc3339(from),
    to: to === undefined ? undefined : parseRfc3339(to),
  };
}
