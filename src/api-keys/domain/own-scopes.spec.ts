import { isManagementScope } from './own-scopes';

describe('isManagementScope', () => {
  it.each([
    '*',
    'api-keys:*',
    'api-keys:write',
    'api-keys:import',
    'api-keys:rotate-self:*',
    'users:*',
    'users:read',
    'events:read',
    'keyward:*',
    'keyward:policies:read',
  ])('returns true for %s, which gives access to routes of Keyward', (scope) => {
    expect(isManagementScope(scope)).toBe(true);
  });

  it.each([
    'memory:*',
    'memory:read',
    'users',
    'api-keys',
    'user:read',
    'my:api-keys:write',
    'api-keys2:write',
  ])('returns false for %s, which only routes of a host require', (scope) => {
    expect(isManagementScope(scope)).toBe(false);
  });

  it('returns false for api-keys:rotate-self, whose holder can change no other key', () => {
    expect(isManagementScope('api-keys:rotate-self')).toBe(false);
  });
});
