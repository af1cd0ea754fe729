import { UnacceptableFieldError } from '../../problems/unacceptable-field.error';
import { daysAfter, hourOf, type UsageSpan } from '../domain/usage';
import { MAX_USAGE_DAYS } from '../ports/usage.repository';

/**
 * The span that a request means: until now and from a day before its end, where it does not say. It begins with the
 * hour around `from`, so that the first count is one of a whole hour.
 *
 * @throws UnacceptableFieldError if it is empty, longer than {@link MAX_USAGE_DAYS} days, or of before 1970
 */
export function usageSpanOf(
  { from, to }: { readonly from?: Date | undefined; readonly to?: Date | undefined },
  now: Date,
): UsageSpan {
  const end = to ?? now;
  const begin = from ?? daysAfter(end, -1);
  if (begin.getTime() < 0) {
    throw new UnacceptableFieldError('/from', 'must not be before 1970, and is a day before "to" by default');
  }
  if (begin >= end) throw new UnacceptableFieldError('/from', 'must be before "to", which is now by default');
  if (daysAfter(begin, MAX_USAGE_DAYS) < end) {
    throw new UnacceptableFieldError(
      '/from',
      `must be at most ${MAX_USAGE_DAYS} days before "to", which is now by default`,
    );
  }
  return { from: hourOf(begin), to: end };
}
