import type { ApiKey } from './api-key';
import { callerOf, rootCaller } from './caller';

const key: ApiKey = {
  id: '01jd8x4k2m6n8p0q2r4s6t8v0w',
  name: 'admin of acme',
  createdBy: 'cli',
  scopes: ['api-keys:write'],
  orgId: 'acme',
  allowedIps: [],
  metadata: {},
  enabled: true,
  secrets: [],
  version: 1,
  createdAt: new Date('2027-01-31T12:00:00Z'),
  updatedAt: new Date('2027-01-31T12:00:00Z'),
};

describe('who manages keys', () => {
  it('is a key, under its own id, with its own grant and bound by the longest lifetime', () => {
    expect(callerOf(key)).toEqual({
      actor: `key:${key.id}`,
      scopes: ['api-keys:write'],
      grant: key,
      boundByMaxTtl: true,
    });
  });

  it("is the operator's own hands, which hold everything and are bound by nothing", () => {
    expect(rootCaller('cli')).toEqual({
      actor: 'cli',
      scopes: ['*'],
      grant: { scopes: ['*'], allowedIps: [] },
      boundByMaxTtl: false,
    });
  });
});
