import { UnacceptableFieldError } from '../../problems/unacceptable-field.error';
import { daysAfter, hourOf, type UsageSpan } from '../domain/usage';
import { MAX_USAGE_DAYS } from '../ports/usage.repository';

/**
 * Returns the span of a usage request. By default it ends now and begins one day before its end. Its start is rounded
 * down to the hour, so that the first count covers a whole hour.
 *
 * @param maxDays the maximum length in days
 * @throws UnacceptableFieldError if the span is empty, longer than `maxDays`, or begins before 1970
 */
export function usageSpanOf(
  { from, to }: { readonly from?: Date | undefined; readonly to?: Date | undefined },
  now: Date,
  maxDays = MAX_USAGE_DAYS,
): UsageSpan {
  const end = to ?? now;
  const begin = from ?? daysAfter(end, -1);
  if (begin.getTime() < 0) {
    throw new UnacceptableFieldError('/from', 'must not be before 1970; the default is one day before "to"');
  }
  if (begin >= end) throw new UnacceptableFieldError('/from', 'must be before "to", which defaults to now');
  if (daysAfter(begin, maxDays) < end) {
    throw new UnacceptableFieldError(
      '/from',
      `must be at most ${maxDays} days before "to", which defaults to now`,
    );
  }
  return { from: hourOf(begin), to: end };
}
