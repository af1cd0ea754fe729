import { type ApiKey, statusOf } from './api-key';
import { type KeyEvent, partiesOf } from './key-event';

const DAY_MS = 86_400_000;

/** How many days before its expiry a key is spoken of, the farthest first; 0 is the expiry itself. */
export const NOTICE_DAYS = [7, 1, 0] as const;

/** How far back an expiry may lie that is still told. What expired earlier is no news. */
const LOOK_BACK_MS = 7 * DAY_MS;

type NoticeDays = (typeof NOTICE_DAYS)[number];

/** A range of expiries, its start excluded and its end included. */
export interface ExpiryRange {
  readonly after: Date;
  readonly until: Date;
}

/** The expiries whose notice of so many days ahead fell due after one moment and until another. */
export function expiriesDue(days: NoticeDays, after: Date, until: Date): ExpiryRange {
  const ahead = days * DAY_MS;
  return { after: new Date(after.getTime() + ahead), until: new Date(until.getTime() + ahead) };
}

/**
 * From where on expiries are looked through: from where the last look ended, but no farther back than the look-back.
 * At the very first look that is one day, so that an old store causes no flood.
 */
export function lookFrom(lastLook: Date | undefined, now: Date): Date {
  const earliest = now.getTime() - (lastLook === undefined ? DAY_MS : LOOK_BACK_MS);
  return new Date(Math.max(lastLook?.getTime() ?? earliest, earliest));
}

/**
 * The one notice that is due for a key now, if any: the nearest to its expiry. None for a key that is revoked or
 * disabled, nor ahead of an expiry that was nearer than that when the key was made: whoever made it knows.
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

/** The id holds the expiry: the same one is told once, a changed one anew. */
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
