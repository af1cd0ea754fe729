import { type ApiKey, statusOf } from './api-key';
import { type KeyEvent, partiesOf } from './key-event';

const DAY_MS = 86_400_000;

/** The days of notice before the expiry of a key, earliest notice first; 0 is the expiry itself. */
export const NOTICE_DAYS = [7, 1, 0] as const;

/** The maximum age of an expiry for which a notice is still sent. */
const LOOK_BACK_MS = 7 * DAY_MS;

type NoticeDays = (typeof NOTICE_DAYS)[number];

/** A range of expiries. Its start is excluded and its end included. */
export interface ExpiryRange {
  readonly after: Date;
  readonly until: Date;
}

/** Returns the range of expiries whose notice of `days` days became due after `after` and not later than `until`. */
export function expiriesDue(days: NoticeDays, after: Date, until: Date): ExpiryRange {
  const ahead = days * DAY_MS;
  return { after: new Date(after.getTime() + ahead), until: new Date(until.getTime() + ahead) };
}

/**
 * Returns the moment from which to search for due notices: the end of the last search, but at most 7 days ago.
 * The first search goes back one day, so that a store with many expired keys does not cause a flood of notices.
 */
export function lookFrom(lastLook: Date | undefined, now: Date): Date {
  const earliest = now.getTime() - (lastLook === undefined ? DAY_MS : LOOK_BACK_MS);
  return new Date(Math.max(lastLook?.getTime() ?? earliest, earliest));
}

/**
 * Returns the notice that is due for a key now, if any: the one nearest to the expiry. A revoked or disabled key gets
 * none. A notice that was already due when the key was created is skipped, because the creator knows the expiry.
 */
export function dueNotice(key: ApiKey, now: Date): KeyEvent | undefined {
  const { expiresAt } = key;
  const status = statusOf(key, now);
  if (expiresAt === undefined || status === 'revoked' || status === 'disabled') return undefined;
  if (status === 'expired') {
    const isNews = now.getTime() - expiresAt.getTime() <= LOOK_BACK_MS;
    return isNews ? notice(key, expiresAt, 'expired', expiresAt) : undefined;
  }
  const days = NOTICE_DAYS.findLast((each) => momentOf(expiresAt, each) <= now.getTime());
  if (days === undefined || momentOf(expiresAt, days) < key.createdAt.getTime()) return undefined;
  const at = new Date(Math.max(momentOf(expiresAt, days), key.updatedAt.getTime()));
  return notice(key, expiresAt, `expiring-${days}d`, at);
}

function momentOf(expiresAt: Date, days: number): number {
  return expiresAt.getTime() - days * DAY_MS;
}

/** Returns a notice. Its id contains the expiry, so that only a changed expiry causes a second notice. */
function notice(key: ApiKey, expiresAt: Date, what: string, at: Date): KeyEvent {
  return {
    id: `${key.id}-${what}-${expiresAt.getTime()}`,
    type: what === 'expired' ? 'api-key.expired' : 'api-key.expiring',
    at,
    ...partiesOf(key),
    actor: 'system',
    version: key.version,
    fields: [],
    expiresAt,
  };
}
