import { toCreate, toPatch } from './key-request.mapper';

const text = '2030-01-31T14:00:00+02:00';
const moment = new Date('2030-01-31T12:00:00Z');

describe('a mapped create request', () => {
  it('has its dates parsed', () => {
    expect(toCreate({ name: 'ingest', scopes: ['memory:read'], orgId: 'acme', expiresAt: text })).toEqual({
      name: 'ingest',
      scopes: ['memory:read'],
      orgId: 'acme',
      expiresAt: moment,
    });
  });

  it.each([
    ['left out, which means inherited', undefined, undefined],
    ['null, which means cleared', null, null],
  ])('keeps an expiry that is %s', (_what, expiresAt, expected) => {
    const body = expiresAt === undefined ? {} : { expiresAt };
    expect(toCreate({ name: 'ingest', scopes: [], ...body }).expiresAt).toBe(expected);
  });

  it('distinguishes null from fields that are left out', () => {
    const created = toCreate({ name: 'ingest', scopes: [], orgId: null, allowedIps: null });
    expect(created).toMatchObject({ orgId: null, allowedIps: null });
    expect(created).not.toHaveProperty('projectId');
  });

  it('has undefined for a description and an external id of null', () => {
    const created = toCreate({ name: 'ingest', scopes: [], description: null, externalId: null });
    expect(created.description).toBeUndefined();
    expect(created.externalId).toBeUndefined();
  });
});

describe('a mapped update request', () => {
  it('keeps null for the external id, which clears it', () => {
    expect(toPatch({ externalId: null })).toMatchObject({ externalId: null });
    expect(toPatch({ externalId: 'cust-7' })).toMatchObject({ externalId: 'cust-7' });
  });

  it('has its dates parsed', () => {
    expect(toPatch({ enabled: true, expiresAt: text })).toEqual({ enabled: true, expiresAt: moment });
  });

  it('distinguishes null from fields that are left out', () => {
    expect(toPatch({ expiresAt: null, description: null, orgId: null })).toEqual({
      expiresAt: null,
      description: null,
      orgId: null,
    });
    expect(toPatch({}).expiresAt).toBeUndefined();
  });
});
