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
    rateLimits: [],
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
  it.each<[string | undefined, string, number]>([
    [undefined, 'eight days before the expiry', 8],
    [undefined, 'just more than seven days before the expiry', 7 + SECOND],
    ['api-key.expiring 7d', 'seven days before the expiry', 7],
    ['api-key.expiring 7d', 'four days before the expiry', 4],
    ['api-key.expiring 7d', 'just more than a day before the expiry', 1 + SECOND],
    ['api-key.expiring 1d', 'a day before the expiry', 1],
    ['api-key.expiring 1d', 'a second before the expiry', SECOND],
    ['api-key.expired', 'at the expiry', 0],
    ['api-key.expired', 'a week after the expiry', -7],
    [undefined, 'more than a week after the expiry', -7 - SECOND],
  ])('is %s %s', (expected, _when, days) => {
    const notice = dueNotice(aKey(), before(days));
    const which = notice?.id.match(/expiring-(\dd)/)?.[1];
    expect(notice && [notice.type, which].filter(Boolean).join(' ')).toBe(expected);
  });

  it('contains the owner and the binding of the key, and its expiry', () => {
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

  it('keeps its id until the expiry changes', () => {
    const first = dueNotice(aKey(), before(6));
    expect(dueNotice(aKey({ version: 9, name: 'renamed' }), before(2))?.id).toBe(first?.id);
    const moved = aKey({ expiresAt: new Date(EXPIRY.getTime() + 1) });
    expect(dueNotice(moved, before(6))?.id).not.toBe(first?.id);
  });

  it.each([
    ['without an expiry', { expiresAt: undefined }],
    ['that is revoked', { revokedAt: before(30) }],
    ['that is disabled', { enabled: false }],
  ])('is undefined for a key %s', (_what, fields) => {
    for (const days of [7, 1, 0, -1]) expect(dueNotice(aKey(fields), before(days))).toBeUndefined();
  });

  it.each([
    ['three days', 3, [undefined, 'api-key.expiring', 'api-key.expired']],
    ['one day', 1, [undefined, 'api-key.expiring', 'api-key.expired']],
    ['less than a day', 1 - SECOND, [undefined, undefined, 'api-key.expired']],
    ['an hour', 1 / 24, [undefined, undefined, 'api-key.expired']],
  ])('is never one already due when a key with a lifetime of %s was created', (_what, life, expected) => {
    const key = aKey({ createdAt: before(life) });
    expect([2, 0.01, 0].map((days) => dueNotice(key, before(days))?.type)).toEqual(expected);
  });

  it('has the time of the last change if the notice was due before it', () => {
    const notice = dueNotice(aKey({ updatedAt: before(3) }), before(3));
    expect(notice).toMatchObject({ type: 'api-key.expiring', at: before(3) });
  });
});

describe('a search for due notices', () => {
  const now = before(0);

  it('starts where the last one ended', () => {
    expect(lookFrom(before(0.5), now)).toEqual(before(0.5));
    expect(lookFrom(before(6), now)).toEqual(before(6));
  });

  it('goes back at most a week, or one day in the first search', () => {
    expect(lookFrom(before(100), now)).toEqual(before(7));
    expect(lookFrom(undefined, now)).toEqual(before(1));
  });

  it('shifts its range by the days of the notice', () => {
    expect(expiriesDue(7, before(7.5), before(7))).toEqual({ after: before(0.5), until: before(0) });
    expect(expiriesDue(0, before(1), before(0))).toEqual({ after: before(1), until: before(0) });
  });
});
