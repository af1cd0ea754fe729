import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { TenantContext } from '../domain/binding';
import type { HttpRequest } from '../../http/http-request';
import { readTenantContext, type TenantFault } from './tenant-context';

const NAMES = { orgId: 'orgId', projectId: 'projectId' };

function requestWith(params: unknown, ...rawHeaders: readonly string[]): HttpRequest {
  return { raw: Object.assign(new IncomingMessage(new Socket()), { rawHeaders: [...rawHeaders] }), params };
}

describe('the tenant context of a request', () => {
  it.each<[string, unknown, TenantContext]>([
    ['both parts', { orgId: 'acme', projectId: 'apollo' }, { orgId: 'acme', projectId: 'apollo' }],
    ['an organisation only', { orgId: 'acme' }, { orgId: 'acme' }],
    ['a project only', { projectId: 'apollo' }, { projectId: 'apollo' }],
    ['no values', {}, {}],
    ['other parameters', { id: 'acme', orgid: 'acme', OrgId: 'acme' }, {}],
    ['no parameters', undefined, {}],
    ['null for parameters', null, {}],
    ['text for parameters', 'orgId', {}],
    [
      'parameters without a prototype',
      Object.assign(Object.create(null), { orgId: 'acme' }),
      { orgId: 'acme' },
    ],
    ['a list of one segment', { orgId: ['acme'] }, { orgId: 'acme' }],
  ])('is read correctly from route parameters: %s', (_what, params, expected) => {
    expect(readTenantContext(requestWith(params), NAMES, false)).toEqual(expected);
  });

  it('is read from the parameters that the host configured', () => {
    const request = requestWith({ orgId: 'wrong', tenant: 'acme', workspace: 'apollo' });
    const names = { orgId: 'tenant', projectId: 'workspace' };

    expect(readTenantContext(request, names, false)).toEqual({ orgId: 'acme', projectId: 'apollo' });
  });

  it('is read from Express requests', () => {
    const request = Object.assign(new IncomingMessage(new Socket()), {
      rawHeaders: ['X-Org-Id', 'acme'],
      params: { projectId: 'apollo' },
    });

    expect(readTenantContext(request, NAMES, true)).toEqual({ orgId: 'acme', projectId: 'apollo' });
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'is not read from %s, which every object inherits',
    (name) => {
      expect(readTenantContext(requestWith({}), { orgId: name, projectId: name }, false)).toEqual({});
    },
  );

  it('is not read from inherited parameters', () => {
    const params: unknown = Object.create({ orgId: 'acme', projectId: 'apollo' });

    expect(readTenantContext(requestWith(params), NAMES, false)).toEqual({});
  });
});

describe('tenant headers', () => {
  it('name the tenant on routes that read them', () => {
    const request = requestWith({}, 'X-Org-Id', 'acme', 'x-project-id', 'apollo');

    expect(readTenantContext(request, NAMES, true)).toEqual({ orgId: 'acme', projectId: 'apollo' });
  });

  it('are ignored on other routes, even if they conflict or are malformed', () => {
    const request = requestWith({ orgId: 'acme' }, 'X-Org-Id', 'globex', 'X-Project-Id', 'not a name');

    expect(readTenantContext(request, NAMES, false)).toEqual({ orgId: 'acme' });
  });

  it('can repeat the tenant of the path or of another header', () => {
    const request = requestWith({ orgId: 'acme' }, 'X-Org-Id', 'acme', 'X-Org-Id', 'acme');

    expect(readTenantContext(request, NAMES, true)).toEqual({ orgId: 'acme' });
  });

  it.each<[string, HttpRequest]>([
    ['another organisation than the path', requestWith({ orgId: 'acme' }, 'X-Org-Id', 'globex')],
    ['another project than the path', requestWith({ projectId: 'apollo' }, 'X-Project-Id', 'hermes')],
    ['an organisation in another case', requestWith({ orgId: 'acme' }, 'X-Org-Id', 'ACME')],
    ['an empty organisation but the path names one', requestWith({ orgId: 'acme' }, 'X-Org-Id', '')],
    ['two organisations', requestWith({}, 'X-Org-Id', 'acme', 'X-Org-Id', 'globex')],
    ['a third value that differs', requestWith({ orgId: 'acme' }, 'X-Org-Id', 'acme', 'X-Org-Id', 'globex')],
  ])('conflict if they name %s', (_what, request) => {
    expect(readTenantContext(request, NAMES, true)).toBe<TenantFault>('conflict');
  });
});

describe('the name of a tenant', () => {
  it.each([
    '',
    ' ',
    'acme ',
    ' acme',
    'acme/globex',
    'acme,globex',
    'acme\n',
    'acme\u0000',
    'acmé',
    '*',
    '%61cme',
    'a'.repeat(129),
  ])('is malformed in a path and in a header if it is %j', (name) => {
    expect(readTenantContext(requestWith({ orgId: name }), NAMES, false)).toBe<TenantFault>('malformed');
    expect(readTenantContext(requestWith({}, 'X-Project-Id', name), NAMES, true)).toBe<TenantFault>(
      'malformed',
    );
  });

  it('is malformed if a parameter has several path segments', () => {
    const request = requestWith({ orgId: ['acme', 'globex'] });

    expect(readTenantContext(request, NAMES, false)).toBe<TenantFault>('malformed');
  });

  it('is malformed if only the project is malformed', () => {
    const request = requestWith({ orgId: 'acme', projectId: 'a b' });

    expect(readTenantContext(request, NAMES, false)).toBe<TenantFault>('malformed');
  });

  it('can have 128 characters', () => {
    const orgId = 'a'.repeat(128);

    expect(readTenantContext(requestWith({ orgId }), NAMES, false)).toEqual({ orgId });
  });
});
