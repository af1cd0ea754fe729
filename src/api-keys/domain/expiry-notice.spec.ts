import type { ApiKey } from './api-key';
import { dueNotice, expiriesDue, lookFrom } from './expiry-notice';

const DAY = 86_400_000;
const EXPIRY = new Date('2030-06-30T12:00:00Z');
const before = (days: number): Date => new Date(EXPIRY.getTime() - days * DAY);
const SECOND = 1 / 86_400;

function aKey(fields: Partial<ApiKey> = {}): ApiKey {
  return {
    id: '01jd8x4k2m6n8p0q2r4s6t8v0w',
    name: 'ingest',
    createdBy: 'cli',
    orgId: 'acme',
    scopes: [],
    allowedIps: [],
    metadata: {},
    enabled: true,
    expiresAt: EXPIRY,
    secrets: [],
    version: 3,
    createdAt: before(90),
    updatedAt: before(90),
    ...fields,
  };
}

describe('the notice that is due', () => {
  it.each<[string, number, string | undefined]>([
    ['eight days ahead', 8, undefined],
    ['just more than seven days ahead', 7 + SECOND, undefined],
    ['seven days ahead', 7, 'api-key.expiring 7d'],
    ['four days ahead', 4, 'api-key.expiring 7d'],
    ['just more than a day ahead', 1 + SECOND, 'api-key.expiring 7d'],
    ['a day ahead', 1, 'api-key.expiring 1d'],
    ['a second ahead', SECOND, 'api-key.expiring 1d'],
    ['at the expiry', 0, 'api-key.expired'],
    ['a week after it', -7, 'api-key.expired'],
    ['more than a week after it', -7 - SECOND, undefined],
  ])('%s', (_when, days, expected) => {
    const notice = dueNotice(aKey(), before(days));
    const which = notice?.id.match(/expiring-(\dd)/)?.[1];
    expect(notice && [notice.type, which].filter(Boolean).join(' ')).toBe(expected);
  });

  it('says whose key it is, and when it expires', () => {
    expect(dueNotice(aKey({ projectId: 'apollo', ownerId: 'alice' }), before(1))).toEqual({
      id: `01jd8x4k2m6n8p0q2r4s6t8v0w-expiring-1d-${EXPIRY.getTime()}`,
      type: 'api-key.expiring',
      at: before(1),
      keyId: '01jd8x4k2m6n8p0q2r4s6t8v0w',
      orgId: 'acme',
      projectId: 'apollo',
      ownerId: 'alice',
      actor: 'system',
      version: 3,
      fields: [],
      expiresAt: EXPIRY,
    });
    expect(dueNotice(aKey(), before(-0.5))).toMatchObject({
      id: `01jd8x4k2m6n8p0q2r4s6t8v0w-expired-${EXPIRY.getTime()}`,
      at: EXPIRY,
    });
  });

  it('is the same whenever it is found, and after any change but one of the expiry', () => {
    const first = dueNotice(aKey(), before(6));
    expect(dueNotice(aKey({ version: 9, name: 'renamed' }), before(2))?.id).toBe(first?.id);
    const moved = aKey({ expiresAt: new Date(EXPIRY.getTime() + 1) });
    expect(dueNotice(moved, before(6))?.id).not.toBe(first?.id);
  });

  it.each([
    ['no expiry', { expiresAt: undefined }],
    ['been revoked', { revokedAt: before(30) }],
    ['been disabled', { enabled: false }],
  ])('is none for a key that has %s', (_what, fields) => {
    for (const days of [7, 1, 0, -1]) expect(dueNotice(aKey(fields), before(days))).toBeUndefined();
  });

  it.each([
    ['three days to live', 3, [undefined, 'api-key.expiring', 'api-key.expired']],
    ['just a day to live', 1, [undefined, 'api-key.expiring', 'api-key.expired']],
    ['less than a day to live', 1 - SECOND, [undefined, undefined, 'api-key.expired']],
    ['an hour to live', 1 / 24, [undefined, undefined, 'api-key.expired']],
  ])('is none of what the maker of a key with %s knew', (_what, life, expected) => {
    const key = aKey({ createdAt: before(life) });
    expect([2, 0.01, 0].map((days) => dueNotice(key, before(days))?.type)).toEqual(expected);
  });

  it('is one, and not dated earlier, where the expiry was brought forward', () => {
    const notice = dueNotice(aKey({ updatedAt: before(3) }), before(3));
    expect(notice).toMatchObject({ type: 'api-key.expiring', at: before(3) });
  });
});

describe('a look at the calendar', () => {
  const now = before(0);

  it('begins where the last one ended', () => {
    expect(lookFrom(before(0.5), now)).toEqual(before(0.5));
    expect(lookFrom(before(6), now)).toEqual(before(6));
  });

  it('goes back a week after a long absence, and a day where there was none before', () => {
    expect(lookFrom(before(100), now)).toEqual(before(7));
    expect(lookFrom(undefined, now)).toEqual(before(1));
  });

  it('looks so many days ahead', () => {
    expect(expiriesDue(7, before(7.5), before(7))).toEqual({ after: before(0.5), until: before(0) });
    expect(expiriesDue(0, before(1), before(0))).toEqual({ after: before(1), until: before(0) });
  });
});
