import { type Binding, bindingMatches, isTenantId } from './binding';

describe('the name of an organisation or a project', () => {
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
  ])('may be %s', (text) => {
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
  ])('may not be %j', (text) => {
    expect(isTenantId(text)).toBe(false);
  });
});

describe('a key', () => {
  const unbound: Binding = {};
  const acme: Binding = { orgId: 'acme' };
  const apollo: Binding = { orgId: 'acme', projectId: 'apollo' };
  const anyonesApollo: Binding = { projectId: 'apollo' };

  it.each<[string, Binding, Binding]>([
    ['without a binding serves acme', unbound, { orgId: 'acme' }],
    ['without a binding serves globex', unbound, { orgId: 'globex', projectId: 'hermes' }],
    ['without a binding serves a request that names nothing', unbound, {}],
    ['of acme serves acme', acme, { orgId: 'acme' }],
    ['of acme serves each project of acme', acme, { orgId: 'acme', projectId: 'apollo' }],
    ['of a project of acme serves that project', apollo, { orgId: 'acme', projectId: 'apollo' }],
    [
      'of a project without an org serves it under acme',
      anyonesApollo,
      { orgId: 'acme', projectId: 'apollo' },
    ],
    ['of a project without an org serves it alone', anyonesApollo, { projectId: 'apollo' }],
  ])('%s', (_sentence, binding, context) => {
    expect(bindingMatches(binding, context)).toBe(true);
  });

  it.each<[string, Binding, Binding]>([
    ['of acme does not serve globex', acme, { orgId: 'globex' }],
    ['of acme does not serve a request that names no org', acme, {}],
    ['of acme does not serve a request that names only a project', acme, { projectId: 'apollo' }],
    ['of acme does not serve an org left undefined', acme, { orgId: undefined }],
    ['of acme does not serve an empty name', acme, { orgId: '' }],
    ['of acme does not serve Acme', acme, { orgId: 'Acme' }],
    ['of acme does not serve acme with a space', acme, { orgId: 'acme ' }],
    ['of acme does not serve acme2', acme, { orgId: 'acme2' }],
    ['of a project does not serve its org alone', apollo, { orgId: 'acme' }],
    ['of a project does not serve another project', apollo, { orgId: 'acme', projectId: 'hermes' }],
    ['of a project does not serve its namesake at globex', apollo, { orgId: 'globex', projectId: 'apollo' }],
    ['of a project does not serve it without the org', apollo, { projectId: 'apollo' }],
    ['of a project without an org does not serve an org', anyonesApollo, { orgId: 'acme' }],
    ['of a project without an org does not serve nothing', anyonesApollo, {}],
    ['never takes the org for the project', apollo, { orgId: 'apollo', projectId: 'acme' }],
  ])('%s', (_sentence, binding, context) => {
    expect(bindingMatches(binding, context)).toBe(false);
  });
});
