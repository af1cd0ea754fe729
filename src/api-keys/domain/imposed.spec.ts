import * as fc from 'fast-check';
import type { ApiKeyWithHistory, Imposed } from './api-key';
import { confirmedFields, imposedAfter, imposedOn, loosenedFields } from './imposed';
import { recordChange } from './key-change';
import { applyPatch, type KeyPatch } from './key-patch';

const day = (number: number): Date => new Date(Date.UTC(2027, 0, number));
const ADA = 'ada';
const BOB = 'bob';
const ADMINISTRATOR = 'cli';
const BY_ADA = `user:${ADA}`;

const BLANK: ApiKeyWithHistory = {
  id: '01jd8x4k2m6n8p0q2r4s6t8v0w',
  name: 'of acme',
  createdBy: 'cli',
  scopes: [],
  allowedIps: [],
  metadata: {},
  enabled: true,
  secrets: [],
  version: 0,
  createdAt: day(1),
  updatedAt: day(1),
  history: [],
  historyDropped: 0,
};

/** A key as this release makes it; only people who act for the owner have an actor `user:`. */
function made(fields: Partial<ApiKeyWithHistory>, by: string): ApiKeyWithHistory {
  const blank = { ...BLANK, ownerId: ADA, ...fields };
  const after = recordChange(blank, day(1), { action: 'created', by });
  return {
    ...after,
    imposed: imposedAfter({ ...blank, ownerId: undefined }, after, by.startsWith('user:')),
  };
}

/** A change as this release makes it. */
function patched(key: ApiKeyWithHistory, patch: KeyPatch, by: string): ApiKeyWithHistory {
  const byOwner = by.startsWith('user:');
  const { key: after, changed } = applyPatch(key, patch);
  const fields = [...new Set([...changed, ...(byOwner ? [] : confirmedFields(key, patch))])];
  const recorded = recordChange(after, day(2), { action: 'updated', by, fields });
  return { ...recorded, imposed: imposedAfter(key, recorded, byOwner) };
}

/** A key as a release keeps it that does not know who restricted what. */
function forgotten(key: ApiKeyWithHistory): ApiKeyWithHistory {
  return { ...key, imposed: undefined };
}

/** A change as such a release makes it: what it does not know stays as it is. */
function patchedByFormer(key: ApiKeyWithHistory, patch: KeyPatch, by: string): ApiKeyWithHistory {
  return { ...patched(key, patch, by), imposed: key.imposed };
}

function loosened(key: ApiKeyWithHistory, patch: KeyPatch): readonly string[] {
  const { key: after, changed } = applyPatch(key, patch);
  return loosenedFields(key, after, changed);
}

/** What restricts a key, and what undoes it. */
const RESTRICTIONS: readonly (readonly [string, KeyPatch, KeyPatch])[] = [
  ['enabled', { enabled: false }, { enabled: true }],
  ['expiresAt', { expiresAt: day(10) }, { expiresAt: day(11) }],
  ['expiresAt', { expiresAt: day(10) }, { expiresAt: null }],
  ['allowedIps', { allowedIps: ['10.0.0.0/16'] }, { allowedIps: ['10.0.0.0/16', '10.1.0.1'] }],
  ['allowedIps', { allowedIps: ['10.0.0.0/16'] }, { allowedIps: [] }],
  [
    'rateLimit',
    { rateLimit: { limit: 10, windowSeconds: 60 } },
    { rateLimit: { limit: 11, windowSeconds: 60 } },
  ],
  [
    'rateLimit',
    { rateLimit: { limit: 10, windowSeconds: 60 } },
    { rateLimit: { limit: 10, windowSeconds: 59 } },
  ],
  ['rateLimit', { rateLimit: { limit: 10, windowSeconds: 60 } }, { rateLimit: null }],
];

describe.each(RESTRICTIONS)('a restriction of %s, %j undone by %j,', (field, restrict, undo) => {
  const restricted = applyPatch({ ...BLANK, ownerId: ADA }, restrict).key;

  it.each<[string, boolean, () => ApiKeyWithHistory]>([
    ['the owner made at creation', true, () => made(restricted, BY_ADA)],
    ['the owner made later', true, () => patched(made({}, BY_ADA), restrict, BY_ADA)],
    ['the owner made on a key of others', true, () => patched(made({}, ADMINISTRATOR), restrict, BY_ADA)],
    ['others made at creation', false, () => made(restricted, ADMINISTRATOR)],
    ['others made later', false, () => patched(made({}, BY_ADA), restrict, ADMINISTRATOR)],
    [
      'others confirmed after the owner made it',
      false,
      () => patched(made(restricted, BY_ADA), restrict, ADMINISTRATOR),
    ],
    [
      'a former owner made',
      false,
      () => patched(made({ ...restricted, ownerId: BOB }, `user:${BOB}`), { ownerId: ADA }, ADMINISTRATOR),
    ],
    [
      'the key had before it had an owner',
      false,
      () =>
        patched(made({ ...restricted, ownerId: undefined }, ADMINISTRATOR), { ownerId: ADA }, ADMINISTRATOR),
    ],
    [
      'the owner had made before the key was taken away and given back',
      false,
      () =>
        [BOB, ADA].reduce(
          (key, ownerId) => patched(key, { ownerId }, ADMINISTRATOR),
          made(restricted, BY_ADA),
        ),
    ],
    ['an earlier release stored, made by the owner', true, () => forgotten(made(restricted, BY_ADA))],
    [
      'an earlier release stored, made later by the owner',
      true,
      () => forgotten(patched(made({}, BY_ADA), restrict, BY_ADA)),
    ],
    ['an earlier release stored, made by others', false, () => forgotten(made(restricted, ADMINISTRATOR))],
    [
      'an earlier release stored, made by a key that nobody looks up',
      false,
      () => forgotten(made(restricted, 'key:01jd8x4k2m6n8p0q2r4s6t8v1x')),
    ],
    [
      'an earlier release stored with a shortened history',
      false,
      () => ({ ...forgotten(made(restricted, BY_ADA)), version: 3, historyDropped: 2 }),
    ],
    [
      'an earlier release lets others make beside this one',
      false,
      () => patchedByFormer(made({}, BY_ADA), restrict, ADMINISTRATOR),
    ],
    [
      'an earlier release lets the owner make beside this one',
      true,
      () => patchedByFormer(made({}, BY_ADA), restrict, BY_ADA),
    ],
    [
      'a former owner made, whose key an earlier release gave away',
      false,
      () =>
        patchedByFormer(
          made({ ...restricted, ownerId: BOB }, `user:${BOB}`),
          { ownerId: ADA },
          ADMINISTRATOR,
        ),
    ],
  ])('is undone by the owner only if the owner made it: %s', (_who, byOwner, keyOf) => {
    const key = keyOf();
    expect(loosened(key, undo)).toEqual(byOwner ? [] : [field]);
    // The answer stays the same however often the key is changed otherwise.
    const renamed = patched(patched(key, { name: 'renamed' }, BY_ADA), { name: 'again' }, ADMINISTRATOR);
    expect(loosened(renamed, undo)).toEqual(byOwner ? [] : [field]);
    expect(loosened(key, { name: 'renamed' })).toEqual([]);
  });

  it('is the owner’s again after others have lifted it', () => {
    const lifted = patched(patched(made({}, BY_ADA), restrict, ADMINISTRATOR), undo, ADMINISTRATOR);
    const again = patched(lifted, restrict, BY_ADA);
    expect(loosened(again, undo)).toEqual([]);
  });

  it('is confirmed once, and not by a patch that leaves it out', () => {
    const key = made(restricted, BY_ADA);
    expect(confirmedFields(key, { name: 'renamed' })).toEqual([]);
    expect(confirmedFields(key, restrict)).toEqual([field]);
    expect(confirmedFields(patched(key, restrict, ADMINISTRATOR), restrict)).toEqual([]);
    expect(confirmedFields({ ...key, ownerId: undefined }, restrict)).toEqual([]);
  });
});

describe('a restriction that others made', () => {
  const key = made({ expiresAt: day(20), allowedIps: ['10.0.0.0/8'] }, ADMINISTRATOR);

  it('may be tightened by the owner, and loosened again as far as they set it', () => {
    const tight = patched(key, { expiresAt: day(10), allowedIps: ['10.0.0.7'] }, BY_ADA);
    expect(loosened(tight, { expiresAt: day(20), allowedIps: ['10.0.0.0/8'] })).toEqual([]);
    expect(loosened(tight, { expiresAt: day(21), allowedIps: ['10.0.0.0/7'] })).toEqual([
      'expiresAt',
      'allowedIps',
    ]);
  });

  it('is no restriction where others lifted it, or never made it', () => {
    expect(imposedOn(made({}, ADMINISTRATOR))).toEqual({ version: 1 });
    expect(imposedOn(patched(key, { expiresAt: null, allowedIps: [] }, ADMINISTRATOR))).toEqual({
      version: 2,
    });
    expect(confirmedFields(key, { enabled: true, rateLimit: null })).toEqual([]);
  });

  it('is not kept for a key without an owner', () => {
    expect(patched(key, { ownerId: null }, ADMINISTRATOR).imposed).toBeUndefined();
  });

  it('keeps what a newer release has added to it', () => {
    const imposed = { version: 1, scopes: ['memory:read'] } as Imposed;
    expect(patched({ ...key, imposed }, { enabled: false }, ADMINISTRATOR).imposed).toEqual({
      version: 2,
      enabled: false,
      scopes: ['memory:read'],
    });
  });
});

const patches: fc.Arbitrary<KeyPatch> = fc.record(
  {
    name: fc.constantFrom('one', 'two'),
    enabled: fc.boolean(),
    expiresAt: fc.constantFrom(null, day(10), day(20), day(30)),
    allowedIps: fc.constantFrom([], ['10.0.0.0/8'], ['10.0.0.0/16'], ['10.0.0.7']),
    rateLimit: fc.constantFrom(null, { limit: 1, windowSeconds: 60 }, { limit: 9, windowSeconds: 1 }),
  },
  { requiredKeys: [] },
);
const steps = fc.array(
  fc.record({ by: fc.constantFrom(BY_ADA, ADMINISTRATOR), isFormer: fc.boolean(), patch: patches }),
  { maxLength: 12 },
);

/** Whether one key is as restricted as another, tried by what each of them admits. */
function admitsNoMore(inner: ApiKeyWithHistory, outer: ApiKeyWithHistory, field: string): boolean {
  const none = Number.POSITIVE_INFINITY;
  switch (field) {
    case 'enabled':
      return !inner.enabled || outer.enabled;
    case 'expiresAt':
      return (inner.expiresAt?.getTime() ?? none) <= (outer.expiresAt?.getTime() ?? none);
    case 'rateLimit':
      return (inner.rateLimit?.limit ?? none) <= (outer.rateLimit?.limit ?? none);
    default:
      return widthOf(inner) <= widthOf(outer);
  }
}

/** The allowlists of the patches lie in each other. */
function widthOf({ allowedIps: [entry] }: ApiKeyWithHistory): number {
  return ['10.0.0.7', '10.0.0.0/16', '10.0.0.0/8', undefined].indexOf(entry);
}

const FIELDS = ['enabled', 'expiresAt', 'allowedIps', 'rateLimit'] as const;

describe('an owner', () => {
  it('never has a key looser than others last left it, whatever both do and in whichever release [T74]', () => {
    fc.assert(
      fc.property(fc.constantFrom(BY_ADA, ADMINISTRATOR), patches, steps, (maker, first, changes) => {
        let key = made(applyPatch({ ...BLANK, ownerId: ADA }, first).key, maker);
        const ceilings = new Map(maker === ADMINISTRATOR ? FIELDS.map((field) => [field, key]) : []);
        for (const { by, isFormer, patch } of changes) {
          if (by === BY_ADA && loosened(key, patch).length > 0) continue;
          const named = isFormer ? applyPatch(key, patch).changed : Object.keys(patch);
          key = (isFormer ? patchedByFormer : patched)(key, patch, by);
          for (const field of FIELDS) {
            if (by === ADMINISTRATOR && named.includes(field)) ceilings.set(field, key);
            expect([field, admitsNoMore(key, ceilings.get(field) ?? key, field)]).toEqual([field, true]);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('undoes whatever nobody else restricted', () => {
    const byAda = (key: ApiKeyWithHistory, patch: KeyPatch): ApiKeyWithHistory => patched(key, patch, BY_ADA);
    const starts = [made({}, ADMINISTRATOR), made({}, BY_ADA), forgotten(made({}, BY_ADA))];
    fc.assert(
      fc.property(
        fc.constantFrom(...starts),
        fc.array(patches, { maxLength: 12 }),
        patches,
        (start, changes, last) => {
          let key = start;
          for (const patch of changes) key = byAda(key, patch);
          expect(loosened(key, last)).toEqual([]);
        },
      ),
    );
  });
});
