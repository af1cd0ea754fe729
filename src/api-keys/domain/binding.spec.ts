import { type Binding, bindingMatches, isTenantId } from './binding';

describe('the id of an organisation or a project', () => {
  it.each([
    'acme',
    'globex',
    'A',
    '0',
    'acme.example',
    'urn:acme:apollo',
    'ops@acme',
    '~',
    '-',
    '_',
    'a'.repeat(128),
  ])('can be %s', (text) => {
    expect(isTenantId(text)).toBe(true);
  });

  it.each([
    '',
    ' ',
    'a'.repeat(129),
    'acme ',
    ' acme',
    'acme\n',
    'acme\0',
    'acme/globex',
    'acme,globex',
    '*',
    'acmé',
    'аcme',
    '$ne',
    '{"$ne":null}',
    'acme\ud800',
    '%61cme',
  ])('cannot be %j', (text) => {
    expect(isTenantId(text)).toBe(false);
  });
});

describe('bindingMatches', () => {
  const unbound: Binding = {};
  const acme: Binding = { orgId: 'acme' };
  const apollo: Binding = { orgId: 'acme', projectId: 'apollo' };
  const anyonesApollo: Binding = { projectId: 'apollo' };

  it.each<[string, Binding, Binding]>([
    ['without a binding for acme', unbound, { orgId: 'acme' }],
    ['without a binding for a project of globex', unbound, { orgId: 'globex', projectId: 'hermes' }],
    ['without a binding for a request without a tenant', unbound, {}],
    ['bound to acme for acme', acme, { orgId: 'acme' }],
    ['bound to acme for a project of acme', acme, { orgId: 'acme', projectId: 'apollo' }],
    ['bound to a project of acme for that project', apollo, { orgId: 'acme', projectId: 'apollo' }],
    [
      'bound only to a project for that project of acme',
      anyonesApollo,
      { orgId: 'acme', projectId: 'apollo' },
    ],
    [
      'bound only to a project for a request that names only the project',
      anyonesApollo,
      { projectId: 'apollo' },
    ],
  ])('accepts a key %s', (_sentence, binding, context) => {
    expect(bindingMatches(binding, context)).toBe(true);
  });

  it.each<[string, Binding, Binding]>([
    ['bound to acme for globex', acme, { orgId: 'globex' }],
    ['bound to acme for a request without a tenant', acme, {}],
    ['bound to acme for a request that names only a project', acme, { projectId: 'apollo' }],
    ['bound to acme for an undefined organisation', acme, { orgId: undefined }],
    ['bound to acme for an empty organisation', acme, { orgId: '' }],
    ['bound to acme for Acme', acme, { orgId: 'Acme' }],
    ['bound to acme for acme with a space', acme, { orgId: 'acme ' }],
    ['bound to acme for acme2', acme, { orgId: 'acme2' }],
    ['bound to a project for its organisation', apollo, { orgId: 'acme' }],
    ['bound to a project for another project', apollo, { orgId: 'acme', projectId: 'hermes' }],
    [
      'bound to a project for a project of the same name at globex',
      apollo,
      { orgId: 'globex', projectId: 'apollo' },
    ],
    ['bound to a project for a request that names only the project', apollo, { projectId: 'apollo' }],
    ['bound only to a project for an organisation', anyonesApollo, { orgId: 'acme' }],
    ['bound only to a project for a request without a tenant', anyonesApollo, {}],
    [
      'bound to a project if organisation and project are swapped',
      apollo,
      { orgId: 'apollo', projectId: 'acme' },
    ],
  ])('rejects a key %s', (_sentence, binding, context) => {
    expect(bindingMatches(binding, context)).toBe(false);
  });
});
