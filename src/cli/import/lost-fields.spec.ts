import { translateForeignRecord } from './foreign-record';

const DATE = '2026-01-01T00:00:00Z';
const translate = (fields: object) => translateForeignRecord({ name: 'reader', ...fields });

describe('a document with an unknown field', () => {
  it.each<object>([
    { revoked_by: 'ada' },
    { revocation_reason: 'leaked' },
    { disabled: true },
    { isDisabled: true },
    { disabled_at: DATE },
    { expires: DATE },
    { expiry: DATE },
    { expiration_date: { $date: DATE } },
    { expires_in: 3600 },
    { isExpired: true },
    { key_expired: false },
    { never_expires: false },
    { deactivated: true },
    { inactive: true },
    { isActive: false },
    { active: false },
    { active: 0 },
    { is_enabled: false },
    { status: 'revoked' },
    { Status: 'inactive' },
    { state: 2 },
    { suspended: true },
    { blocked: 1 },
    { is_archived: true },
    { valid_until: DATE },
    { notAfter: DATE },
    { ttl: 60 },
    { exp: 1_600_000_000 },
    { exp_date: DATE },
    { valid_till: DATE },
    { key_status: 'revoked' },
    { api_key_state: 'disabled' },
    { lifecycle: 'REVOKED' },
    { paused: true },
    { is_void: true },
  ])('is rejected if the field may mean that the key no longer works: %j [T64]', (fields) => {
    const [name = ''] = Object.keys(fields);
    expect(translate(fields).reasons).toEqual([
      `${name} may say that the key no longer works: translate it to is_active or expires_at, or remove it`,
    ]);
  });

  it.each<object>([
    { tenant_id: 'acme' },
    { tenantId: 'acme' },
    { customer_org: 'acme' },
    { orgSlug: 'acme' },
    { team_id: 'acme' },
    { account_id: 'acme' },
    { organization: 'acme' },
    { organisationId: 'acme' },
    { workspace_id: 'acme' },
    { project: 'apollo' },
    { project_ids: ['apollo'] },
    { allowed_origins: ['https://acme.example'] },
    { ipWhitelist: ['203.0.113.7'] },
    { restrictions: { ip: '203.0.113.7' } },
    { allowed_ip_ranges: ['203.0.113.0/24'] },
    { allowedIPs: ['203.0.113.7'] },
    { ip_ranges: ['203.0.113.0/24'] },
    { cidrs: ['203.0.113.0/24'] },
    { permissions: ['read'] },
    { role: 'viewer' },
    { roles: ['viewer'] },
    { read_only: true },
    { rate_limit: 100 },
    { rate_limits: [{ limit: 100, window: 60 }] },
    { rate_limit_per_minute: 60 },
    { daily_quota: 1000 },
  ])('is rejected if the field may restrict the key: %j [T64]', (fields) => {
    const [name = ''] = Object.keys(fields);
    expect(translate(fields).reasons).toEqual([
      `${name} may restrict the key: translate it to scopes, org_id, project_id, allowed_ips or rateLimits, or remove it`,
    ]);
  });

  it.each<object>([
    { disabled: false },
    { is_expired: false },
    { isArchived: false },
    { active: true },
    { isActive: true },
    { status: 'active' },
    { state: 'ENABLED' },
    { last_used: DATE },
    { updatedAt: DATE },
    { created_by: 'ada' },
    { usage_count: 7 },
    { team: 'search' },
  ])('is imported without the field if it neither ends nor restricts the key: %j', (fields) => {
    const [name = ''] = Object.keys(fields);
    expect(translate(fields)).toMatchObject({ warnings: [`left out: ${name}`], reasons: [] });
  });

  it.each(['revoked_at', 'disabled', 'expires', 'tenant_id', 'status'])(
    'is imported if the field %s is null',
    (name) => {
      expect(translate({ [name]: null })).toMatchObject({ warnings: [], reasons: [] });
    },
  );

  it('is rejected with a reason that shortens a very long field name', () => {
    const [reason = ''] = translate({ [`expires_${'x'.repeat(10_000)}`]: 1 }).reasons;
    expect(reason.length).toBeLessThan(200);
  });
});

describe('a document with a field about a revocation', () => {
  it.each<object>([
    { revoked: true },
    { is_revoked: true },
    { isRevoked: true },
    { revoked_at: DATE },
    { revokedAt: { $date: DATE } },
    { revoked_at: { $date: { $numberLong: '1700000000000' } } },
    { deleted_at: '2026-01-01T00:00:00.000+0000' },
    { deleted: true },
    { revoked: false, revoked_at: DATE },
    { revoked_at: DATE, revoked: false },
    { revoked: true, revoked_by: 'ada', revoked_reason: 'leaked' },
  ])('becomes a revoked record: %j', (fields) => {
    expect(translate(fields)).toEqual({
      record: { name: 'reader', scopes: [], revoked: true },
      warnings: [],
      reasons: [],
    });
  });

  it.each<object>([{ revoked: false }, { is_deleted: false }])(
    'becomes a record that is not revoked: %j',
    (fields) => {
      expect(translate(fields)).toMatchObject({ record: { revoked: false }, warnings: [], reasons: [] });
    },
  );

  it.each([0, 1, '0', '', 'yes', {}, { $date: null }])(
    'keeps the unclear value %j, so that the import rejects it',
    (revoked) => {
      const { record } = translate({ revoked }) as { record: { revoked: unknown } };
      expect(typeof record.revoked).not.toBe('boolean');
      expect(record.revoked).toBeDefined();
    },
  );
});
