import { API_KEY_STATUSES, isExpired, statusOf } from './api-key';

const NOON = new Date('2027-01-31T12:00:00.000Z');
const justBefore = new Date('2027-01-31T11:59:59.999Z');
const justAfter = new Date('2027-01-31T12:00:00.001Z');

describe('isExpired at noon', () => {
  it.each([
    [false, 'without an expiry', undefined],
    [true, 'that expired a millisecond ago', justBefore],
    [true, 'that expires at this moment', NOON],
    [true, 'with an invalid expiry', new Date(Number.NaN)],
    [false, 'that expires in a millisecond', justAfter],
    [true, 'that expires at noon, written in another time zone', new Date('2027-01-31T14:00:00+02:00')],
  ])('returns %s for a key %s [T15]', (expired, _sentence, expiresAt) => {
    expect(isExpired({ expiresAt }, NOON)).toBe(expired);
    expect(statusOf({ enabled: true, expiresAt }, NOON)).toBe(expired ? 'expired' : 'active');
  });
});

describe('the status of a key', () => {
  it.each([
    ['active', true, undefined, undefined],
    ['active', true, undefined, justAfter],
    ['expired', true, undefined, NOON],
    ['disabled', false, undefined, undefined],
    ['disabled', false, undefined, justAfter],
    ['disabled', false, undefined, NOON],
    ['revoked', true, justBefore, undefined],
    ['revoked', true, justBefore, NOON],
    ['revoked', false, justBefore, justAfter],
    ['revoked', false, justBefore, NOON],
    ['revoked', true, justAfter, undefined],
  ] as const)('is %s with enabled %s, revoked %s, expiry %s', (status, enabled, revokedAt, expiresAt) => {
    expect(statusOf({ enabled, revokedAt, expiresAt }, NOON)).toBe(status);
  });

  it('has the precedence revoked, disabled, expired, active', () => {
    expect(API_KEY_STATUSES).toEqual(['revoked', 'disabled', 'expired', 'active']);
  });
});
