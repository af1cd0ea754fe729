import { type Caller, rootCaller } from './caller';
import { isExternalId, maySetExternalId } from './external-id';

const root = rootCaller('cli');

describe('an external id', () => {
  it.each(['7', 'cust-7', 'urn:acme:customer/7', '!~', 'c'.repeat(128)])('can be %s', (text) => {
    expect(isExternalId(text)).toBe(true);
  });

  it.each(['', ' ', 'cust 7', 'cust-7 ', 'cust-7\n', '\tcust', 'cust\u007f', 'cüst', 'c'.repeat(129)])(
    'cannot be %j',
    (text) => {
      expect(isExternalId(text)).toBe(false);
    },
  );
});

describe('a caller who sets an external id', () => {
  it.each<[string, Caller]>([
    ['an operator', root],
    ['a key without a binding and an owner', { ...root, grant: { scopes: ['a'], allowedIps: ['10.0.0.1'] } }],
  ])('may be %s', (_who, caller) => {
    expect(maySetExternalId(caller)).toBe(true);
  });

  it.each<[string, Partial<Caller>]>([
    ['bound to an organisation', { grant: { ...root.grant, orgId: 'acme' } }],
    ['bound to a project', { grant: { ...root.grant, projectId: 'apollo' } }],
    ['with an owner', { grant: { ...root.grant, ownerId: 'ada' } }],
    ['a member of organisations', { orgIds: ['acme', 'globex'] }],
    ['a member of no organisation', { orgIds: [] }],
  ])('may not be %s', (_who, part) => {
    expect(maySetExternalId({ ...root, ...part })).toBe(false);
  });
});
