import { toCreate, toPatch } from './key-request.mapper';

const text = '2030-01-31T14:00:00+02:00';
const moment = new Date('2030-01-31T12:00:00Z');

describe('a request to make a key', () => {
  it('reaches the service with its dates read', () => {
    expect(toCreate({ name: 'ingest', scopes: ['memory:read'], orgId: 'acme', expiresAt: text })).toEqual({
      name: 'ingest',
      scopes: ['memory:read'],
      orgId: 'acme',
      expiresAt: moment,
    });
  });

  it.each([
    ['left out, so that it is inherited', undefined, undefined],
    ['null, so that it is cleared', null, null],
  ])('keeps an expiry that is %s', (_what, expiresAt, expected) => {
    const body = expiresAt === undefined ? {} : { expiresAt };
    expect(toCreate({ name: 'ingest', scopes: [], ...body }).expiresAt).toBe(expected);
  });

  it('keeps null apart from what is left out', () => {
    const created = toCreate({ name: 'ingest', scopes: [], orgId: null, allowedIps: null });
    expect(created).toMatchObject({ orgId: null, allowedIps: null });
    expect(created).not.toHaveProperty('projectId');
  });

  it('has no description and no external id rather than null', () => {
    const created = toCreate({ name: 'ingest', scopes: [], description: null, externalId: null });
    expect(created.description).toBeUndefined();
    expect(created.externalId).toBeUndefined();
  });
});

describe('a request to change a key', () => {
  it('clears the external id with null', () => {
    expect(toPatch({ externalId: null })).toMatchObject({ externalId: null });
    expect(toPatch({ externalId: 'cust-7' })).toMatchObject({ externalId: 'cust-7' });
  });

  it('reaches the service with its dates read', () => {
    expect(toPatch({ enabled: true, expiresAt: text })).toEqual({ enabled: true, expiresAt: moment });
  });

  it('keeps null apart from what is left out', () => {
    expect(toPatch({ expiresAt: null, description: null, orgId: null })).toEqual({
      expiresAt: null,
      description: null,
      orgId: null,
    });
    expect(toPatch({}).expiresAt).toBeUndefined();
  });
});
