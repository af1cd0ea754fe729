import { aKey } from '../../testing/contract/key-fixtures';
import type { TenantContext } from '../domain/binding';
import { KeyAccess, type PresentedKey } from './verified-access';

const retiresAt = new Date('2030-01-01T12:00:00.000Z');
const secret = { hash: 'c0'.repeat(32), createdAt: retiresAt };
const acme = aKey({ orgId: 'acme', projectId: 'apollo', scopes: ['memory:read'] });

const letIn = (presented: PresentedKey, named?: TenantContext): KeyAccess =>
  new KeyAccess({}, {}, {}, {}, {}, presented, named);

describe('a request that is allowed with a key', () => {
  it('acts for the tenant that it names', () => {
    const access = letIn({ key: acme, secret }, { orgId: 'acme', projectId: 'hermes' });
    expect(access.tenant).toEqual({ orgId: 'acme', projectId: 'hermes' });
    expect(letIn({ key: acme, secret }, {}).tenant).toEqual({});
  });

  it("acts for the tenant of the key's binding on a self-scoped route", () => {
    const access = letIn({ key: acme, secret });
    expect(access.tenant).toEqual({ orgId: 'acme', projectId: 'apollo' });
  });

  it('has the key as its caller, whose grant ends when the presented secret retires', () => {
    const leaving = { ...secret, retiresAt };
    const { caller } = letIn({ key: acme, secret: leaving });
    expect(caller).toMatchObject({
      actor: `key:${acme.id}`,
      grant: { orgId: 'acme', expiresAt: retiresAt },
      presented: { keyId: acme.id, hash: secret.hash },
    });
  });
});
