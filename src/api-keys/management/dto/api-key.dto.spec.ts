import type { ApiKey } from '../../domain/api-key';
import { ApiKeyDto } from './api-key.dto';

const NOON = new Date('2027-01-31T12:00:00Z');
const LATER = new Date('2027-01-31T12:00:00.001Z');

const bare: ApiKey = {
  id: '01jd8x4k2m6n8p0q2r4s6t8v0w',
  name: 'ingest',
  createdBy: 'cli',
  scopes: [],
  allowedIps: [],
  rateLimits: [],
  metadata: {},
  enabled: true,
  secrets: [{ hash: 'c0'.repeat(32), createdAt: NOON }],
  version: 1,
  createdAt: NOON,
  updatedAt: NOON,
};
const whole: ApiKey = {
  ...bare,
  description: 'writes memories',
  scopes: ['memory:read'],
  orgId: 'acme',
  projectId: 'apollo',
  ownerId: 'ada',
  allowedIps: ['203.0.113.0/24'],
  rateLimits: [],
  metadata: { team: 'search' },
  externalId: 'cust-7',
  prefix: 'kw_test',
  expiresAt: LATER,
};

describe('the public form of a key', () => {
  it('has null for each field that is not set', () => {
    expect(ApiKeyDto.of(bare, NOON)).toMatchObject({
      description: null,
      ownerId: null,
      orgId: null,
      projectId: null,
      externalId: null,
      prefix: null,
      expiresAt: null,
      revokedAt: null,
      revokedBy: null,
      revokedReason: null,
    });
  });

  it('has the public fields of the record, unchanged', () => {
    const { secrets: _secrets, ...shown } = whole;
    expect(ApiKeyDto.of(whole, NOON)).toMatchObject(shown);
  });

  it.each([
    ['active', whole],
    ['expired', { ...whole, expiresAt: NOON }],
    ['disabled', { ...whole, enabled: false }],
    ['revoked', { ...whole, revokedAt: NOON, revokedBy: 'cli', revokedReason: 'leaked' }],
  ])('has the status %s', (status, key) => {
    expect(ApiKeyDto.of(key, NOON).status).toBe(status);
  });

  it('contains only the public fields: no secrets, history or internal fields', () => {
    const record = { ...whole, internal: 'x', history: [] };
    const shown = ApiKeyDto.of(record, NOON);
    expect(JSON.stringify(shown)).not.toContain('c0c0');
    expect(shown).not.toHaveProperty('secrets');
    expect(shown).not.toHaveProperty('internal');
    expect(shown).not.toHaveProperty('history');
  });

  it('shares no arrays or objects with the record', () => {
    const shown = ApiKeyDto.of(whole, NOON);
    shown.scopes.push('*');
    shown.allowedIps.length = 0;
    shown.metadata['team'] = 'other';
    expect(whole).toMatchObject({
      scopes: ['memory:read'],
      allowedIps: ['203.0.113.0/24'],
      rateLimits: [],
      metadata: { team: 'search' },
    });
  });
});
