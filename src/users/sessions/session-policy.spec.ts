import type { JWTPayload } from 'jose';
import { exceededBy, inheritedFrom } from '../../api-keys/domain/caller';
import type { User } from '../domain/user';
import type { OidcIssuerConfig } from '../issuers/oidc-issuer.config';
import { sessionCaller } from './session-policy';

const ADA: User = {
  id: '01jd8x4k2m6n8p0q2r4s6t8v0w',
  issuer: 'https://id.acme.example',
  subject: 'ada',
  emailVerified: false,
  status: 'active',
  createdAt: new Date(0),
  lastLoginAt: new Date(0),
  version: 1,
};
const ISSUER: OidcIssuerConfig = {
  issuer: ADA.issuer,
  audience: ['keyward'],
  orgClaim: 'orgs',
  adminClaim: 'roles=admin',
};
const GRANTABLE = { storage: 'memory', grantableScopes: ['memory:*'] } as const;

const callerWith = (claims: JWTPayload, options: object = {}, issuer = ISSUER) =>
  sessionCaller(ADA, claims, issuer, { ...GRANTABLE, ...options });

describe('a session', () => {
  it('manages the keys of its user, and can grant the grantable scopes', () => {
    expect(callerWith({ orgs: ['acme', 'globex'] })).toEqual({
      actor: `user:${ADA.id}`,
      userId: ADA.id,
      scopes: ['api-keys:read', 'api-keys:write'],
      grant: { ownerId: ADA.id, scopes: ['memory:*'], allowedIps: [], rateLimits: [] },
      orgIds: ['acme', 'globex'],
      boundByMaxTtl: true,
    });
  });

  it('of an administrator holds every right, and can create keys without an owner or a binding', () => {
    expect(callerWith({ orgs: ['acme'], roles: ['admin'] })).toEqual({
      actor: `user:${ADA.id}`,
      userId: ADA.id,
      scopes: ['*'],
      grant: { scopes: ['*'], allowedIps: [], rateLimits: [] },
      boundByMaxTtl: true,
    });
  });

  it('of an organisation administrator has one grant for each organisation, beside the one for its own keys', () => {
    const issuer = { ...ISSUER, orgAdminClaim: 'admin_of' };
    const claims = { orgs: ['globex'], admin_of: ['acme', 'acme', 'initech', 'a b'] };
    expect(callerWith(claims, { orgAdminScopes: ['search:*'] }, issuer)).toEqual({
      actor: `user:${ADA.id}`,
      userId: ADA.id,
      scopes: ['api-keys:read', 'api-keys:write', 'events:read'],
      grant: { ownerId: ADA.id, scopes: ['memory:*'], allowedIps: [], rateLimits: [] },
      orgIds: ['globex'],
      administered: [
        { orgId: 'acme', scopes: ['search:*'], allowedIps: [], rateLimits: [] },
        { orgId: 'initech', scopes: ['search:*'], allowedIps: [], rateLimits: [] },
      ],
      boundByMaxTtl: true,
    });
    expect(callerWith({ ...claims, roles: ['admin'] }, {}, issuer)).not.toHaveProperty('administered');
  });

  it('can create keys that outlive it', () => {
    for (const roles of [[], ['admin']]) {
      expect(callerWith({ orgs: ['acme'], roles, exp: 1 }).grant).not.toHaveProperty('expiresAt');
    }
  });

  it('can grant no scopes and has no organisations by default', () => {
    const caller = sessionCaller(
      ADA,
      { orgs: ['acme'], roles: ['admin'] },
      { issuer: 'i', audience: [] },
      {
        storage: 'memory',
      },
    );
    expect(caller).toMatchObject({ grant: { ownerId: ADA.id, scopes: [] }, orgIds: [] });
    expect(caller.scopes).not.toContain('*');
  });

  it('can create keys without an organisation if unbound keys are allowed', () => {
    const caller = callerWith({ orgs: ['acme'] }, { unboundKeys: true });
    expect(caller.orgIds).toBeUndefined();
    expect(exceededBy(caller, caller.grant)).toEqual([]);
    expect(inheritedFrom(caller).orgId).toBeUndefined();
  });

  it.each<readonly [string, readonly string[], string | undefined, readonly string[]]>([
    ['allows a key bound to its only organisation', ['acme'], 'acme', []],
    ['allows a key bound to one of its organisations', ['acme', 'globex'], 'globex', []],
    ['does not allow a key bound to another organisation', ['acme'], 'globex', ['orgId']],
    ['does not allow a key without an organisation', ['acme'], undefined, ['orgId']],
    ['without organisations allows no bound key', [], 'acme', ['orgId']],
  ])('%s', (_what, orgs, orgId, exceeded) => {
    const caller = callerWith({ orgs: [...orgs] });
    expect(exceededBy(caller, { ...caller.grant, orgId })).toEqual(exceeded);
  });

  it('binds new keys to its organisation by default only if it has exactly one', () => {
    expect(inheritedFrom(callerWith({ orgs: 'acme' })).orgId).toBe('acme');
    expect(inheritedFrom(callerWith({ orgs: ['acme', 'globex'] })).orgId).toBeUndefined();
    expect(inheritedFrom(callerWith({})).orgId).toBeUndefined();
  });
});
