import { toCreate, toPatch } from './key-request.mapper';

const text = '2030-01-31T14:00:00+02:00';
const moment = new Date('2030-01-31T12:00:00Z');

describe('a mapped create request', () => {
  it('has a Date for the expiry', () => {
    expect(toCreate({ name: 'ingest', scopes: ['memory:read'], orgId: 'acme', expiresAt: text })).toEqual({
      name: 'ingest',
      scopes: ['memory:read'],
      orgId: 'acme',
      expiresAt: moment,
    });
  });

  it.each([
    ['no expiry if the body has none, so that it is inherited', undefined, undefined],
    ['the expiry null if the body has null, which clears it', null, null],
  ])('has %s', (_what, expiresAt, expected) => {
    const body = expiresAt === undefined ? {} : { expiresAt };
    expect(toCreate({ name: 'ingest', scopes: [], ...body }).expiresAt).toBe(expected);
  });

  it('distinguishes null from fields that are left out', () => {
    const created = toCreate({ name: 'ingest', scopes: [], orgId: null, allowedIps: null });
    expect(created).toMatchObject({ orgId: null, allowedIps: null });
    expect(created).not.toHaveProperty('projectId');
  });

  it('has undefined instead of null for the description and the external id', () => {
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

  it('has a Date for the expiry', () => {
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
