import { isManagementScope } from './own-scopes';

describe('a management scope', () => {
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
  ])('is %s, which gives access to the routes of Keyward', (scope) => {
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
  ])('is not %s, which only the routes of a host ask for', (scope) => {
    expect(isManagementScope(scope)).toBe(false);
  });

  it('is not api-keys:rotate-self, whose holder changes no other key', () => {
    expect(isManagementScope('api-keys:rotate-self')).toBe(false);
  });
});
