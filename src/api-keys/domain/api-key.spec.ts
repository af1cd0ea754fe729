import { API_KEY_STATUSES, isExpired, statusOf } from './api-key';

const NOON = new Date('2027-01-31T12:00:00.000Z');
const justBefore = new Date('2027-01-31T11:59:59.999Z');
const justAfter = new Date('2027-01-31T12:00:00.001Z');

describe('at noon, a key', () => {
  it.each([
    ['without an expiry', undefined, false],
    ['that expired a millisecond ago', justBefore, true],
    ['that expires at this very moment', NOON, true],
    ['whose expiry is no valid date', new Date(Number.NaN), true],
    ['that expires in a millisecond', justAfter, false],
    ['whose expiry another time zone wrote', new Date('2027-01-31T14:00:00+02:00'), true],
  ])('%s: expired is %s [T15]', (_sentence, expiresAt, expired) => {
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

  it('is one of those listed, strongest first', () => {
    expect(API_KEY_STATUSES).toEqual(['revoked', 'disabled', 'expired', 'active']);
  });
});
