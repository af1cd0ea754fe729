import * as fc from 'fast-check';
import type { ApiKeyWithHistory, Imposed } from './api-key';
import { confirmedFields, imposedAfter, imposedOn, loosenedFields } from './imposed';
import { recordChange } from './key-change';
import { applyPatch, type KeyPatch } from './key-patch';
import { type RateLimit, rateLimitsKeep } from './rate-limit';

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
  rateLimits: [],
  metadata: {},
  enabled: true,
  secrets: [],
  version: 0,
  createdAt: day(1),
  updatedAt: day(1),
  history: [],
  historyDropped: 0,
};

/** Returns a key created by this release. Only callers that act for the owner have an actor `user:`. */
function made(fields: Partial<ApiKeyWithHistory>, by: string): ApiKeyWithHistory {
  const blank = { ...BLANK, ownerId: ADA, ...fields };
  const after = recordChange(blank, day(1), { action: 'created', by });
  return {
    ...after,
    imposed: imposedAfter({ ...blank, ownerId: undefined }, after, by.startsWith('user:')),
  };
}

/** Returns a key after a change by this release. */
function patched(key: ApiKeyWithHistory, patch: KeyPatch, by: string): ApiKeyWithHistory {
  const byOwner = by.startsWith('user:');
  const { key: after, changed } = applyPatch(key, patch);
  const fields = [...new Set([...changed, ...(byOwner ? [] : confirmedFields(key, patch))])];
  const recorded = recordChange(after, day(2), { action: 'updated', by, fields });
  return { ...recorded, imposed: imposedAfter(key, recorded, byOwner) };
}

/** Returns a key as stored by an earlier release that does not have `imposed`. */
function forgotten(key: ApiKeyWithHistory): ApiKeyWithHistory {
  return { ...key, imposed: undefined };
}

/** Returns a key after a change by such a release, which does not update `imposed`. */
function patchedByFormer(key: ApiKeyWithHistory, patch: KeyPatch, by: string): ApiKeyWithHistory {
  return { ...patched(key, patch, by), imposed: key.imposed };
}

function loosened(key: ApiKeyWithHistory, patch: KeyPatch): readonly string[] {
  const { key: after, changed } = applyPatch(key, patch);
  return loosenedFields(key, after, changed);
}

/** The field, a patch that restricts it, and a patch that undoes the restriction. */
const RESTRICTIONS: readonly (readonly [string, KeyPatch, KeyPatch])[] = [
  ['enabled', { enabled: false }, { enabled: true }],
  ['expiresAt', { expiresAt: day(10) }, { expiresAt: day(11) }],
  ['expiresAt', { expiresAt: day(10) }, { expiresAt: null }],
  ['allowedIps', { allowedIps: ['10.0.0.0/16'] }, { allowedIps: ['10.0.0.0/16', '10.1.0.1'] }],
  ['allowedIps', { allowedIps: ['10.0.0.0/16'] }, { allowedIps: [] }],
  [
    'rateLimits',
    { rateLimits: [{ name: 'default', limit: 10, windowSeconds: 60 }] },
    { rateLimits: [{ name: 'default', limit: 11, windowSeconds: 60 }] },
  ],
  [
    'rateLimits',
    { rateLimits: [{ name: 'default', limit: 10, windowSeconds: 60 }] },
    { rateLimits: [{ name: 'default', limit: 10, windowSeconds: 59 }] },
  ],
  ['rateLimits', { rateLimits: [{ name: 'default', limit: 10, windowSeconds: 60 }] }, { rateLimits: null }],
  [
    'rateLimits',
    { rateLimits: [{ name: 'default', limit: 10, windowSeconds: 60 }] },
    { rateLimits: [{ name: 'renamed', limit: 10, windowSeconds: 60 }] },
  ],
];

describe.each(RESTRICTIONS)('a restriction of %s (set by %j, undone by %j)', (field, restrict, undo) => {
  const restricted = applyPatch({ ...BLANK, ownerId: ADA }, restrict).key;

  it.each<[string, boolean, () => ApiKeyWithHistory]>([
    ['true if the owner set it at creation', true, () => made(restricted, BY_ADA)],
    ['true if the owner set it later', true, () => patched(made({}, BY_ADA), restrict, BY_ADA)],
    [
      'true if the owner set it on a key that others created',
      true,
      () => patched(made({}, ADMINISTRATOR), restrict, BY_ADA),
    ],
    ['false if others set it at creation', false, () => made(restricted, ADMINISTRATOR)],
    ['false if others set it later', false, () => patched(made({}, BY_ADA), restrict, ADMINISTRATOR)],
    [
      'false if others confirmed it after the owner set it',
      false,
      () => patched(made(restricted, BY_ADA), restrict, ADMINISTRATOR),
    ],
    [
      'false if a previous owner set it',
      false,
      () => patched(made({ ...restricted, ownerId: BOB }, `user:${BOB}`), { ownerId: ADA }, ADMINISTRATOR),
    ],
    [
      'false if it was set before the key had an owner',
      false,
      () =>
        patched(made({ ...restricted, ownerId: undefined }, ADMINISTRATOR), { ownerId: ADA }, ADMINISTRATOR),
    ],
    [
      'false if the owner set it before the key moved to another owner and back',
      false,
      () =>
        [BOB, ADA].reduce(
          (key, ownerId) => patched(key, { ownerId }, ADMINISTRATOR),
          made(restricted, BY_ADA),
        ),
    ],
    [
      'true if the owner set it at creation in an earlier release',
      true,
      () => forgotten(made(restricted, BY_ADA)),
    ],
    [
      'true if the owner set it later in an earlier release',
      true,
      () => forgotten(patched(made({}, BY_ADA), restrict, BY_ADA)),
    ],
    ['false if others set it in an earlier release', false, () => forgotten(made(restricted, ADMINISTRATOR))],
    [
      'false if a key set it in an earlier release, because the owner of that key is not looked up',
      false,
      () => forgotten(made(restricted, 'key:01jd8x4k2m6n8p0q2r4s6t8v1x')),
    ],
    [
      'false if an earlier release stored it with a shortened history',
      false,
      () => ({ ...forgotten(made(restricted, BY_ADA)), version: 3, historyDropped: 2 }),
    ],
    [
      'false if others set it in an earlier release that runs at the same time',
      false,
      () => patchedByFormer(made({}, BY_ADA), restrict, ADMINISTRATOR),
    ],
    [
      'true if the owner set it in an earlier release that runs at the same time',
      true,
      () => patchedByFormer(made({}, BY_ADA), restrict, BY_ADA),
    ],
    [
      'false if a previous owner set it and an earlier release changed the owner',
      false,
      () =>
        patchedByFormer(
          made({ ...restricted, ownerId: BOB }, `user:${BOB}`),
          { ownerId: ADA },
          ADMINISTRATOR,
        ),
    ],
  ])('can be undone by the owner: %s', (_who, byOwner, keyOf) => {
    const key = keyOf();
    expect(loosened(key, undo)).toEqual(byOwner ? [] : [field]);
    // Other changes of the key do not affect the answer.
    const renamed = patched(patched(key, { name: 'renamed' }, BY_ADA), { name: 'again' }, ADMINISTRATOR);
    expect(loosened(renamed, undo)).toEqual(byOwner ? [] : [field]);
    expect(loosened(key, { name: 'renamed' })).toEqual([]);
  });

  it('can be set and undone by the owner after others removed it', () => {
    const lifted = patched(patched(made({}, BY_ADA), restrict, ADMINISTRATOR), undo, ADMINISTRATOR);
    const again = patched(lifted, restrict, BY_ADA);
    expect(loosened(again, undo)).toEqual([]);
  });

  it('is confirmed by a patch that repeats it, but not again by a second one', () => {
    const key = made(restricted, BY_ADA);
    expect(confirmedFields(key, { name: 'renamed' })).toEqual([]);
    expect(confirmedFields(key, restrict)).toEqual([field]);
    expect(confirmedFields(patched(key, restrict, ADMINISTRATOR), restrict)).toEqual([]);
    expect(confirmedFields({ ...key, ownerId: undefined }, restrict)).toEqual([]);
  });
});

describe('a restriction that others set', () => {
  const key = made({ expiresAt: day(20), allowedIps: ['10.0.0.0/8'] }, ADMINISTRATOR);

  it('can be tightened by the owner, and loosened again up to the original value', () => {
    const tight = patched(key, { expiresAt: day(10), allowedIps: ['10.0.0.7'] }, BY_ADA);
    expect(loosened(tight, { expiresAt: day(20), allowedIps: ['10.0.0.0/8'] })).toEqual([]);
    expect(loosened(tight, { expiresAt: day(21), allowedIps: ['10.0.0.0/7'] })).toEqual([
      'expiresAt',
      'allowedIps',
    ]);
  });

  it('is absent if others removed it or never set one', () => {
    expect(imposedOn(made({}, ADMINISTRATOR))).toEqual({ version: 1 });
    expect(imposedOn(patched(key, { expiresAt: null, allowedIps: [] }, ADMINISTRATOR))).toEqual({
      version: 2,
    });
    expect(confirmedFields(key, { enabled: true, rateLimits: null })).toEqual([]);
  });

  it('is not stored for a key without an owner', () => {
    expect(patched(key, { ownerId: null }, ADMINISTRATOR).imposed).toBeUndefined();
  });

  it('keeps the fields that a newer release added to it', () => {
    const imposed = { version: 1, scopes: ['memory:read'] } as Imposed;
    expect(patched({ ...key, imposed }, { enabled: false }, ADMINISTRATOR).imposed).toEqual({
      version: 2,
      enabled: false,
      scopes: ['memory:read'],
    });
  });
});

const own = (limit: number, windowSeconds: number, name = 'default'): RateLimit => ({
  name,
  limit,
  windowSeconds,
});

const patches: fc.Arbitrary<KeyPatch> = fc.record(
  {
    name: fc.constantFrom('one', 'two'),
    enabled: fc.boolean(),
    expiresAt: fc.constantFrom(null, day(10), day(20), day(30)),
    allowedIps: fc.constantFrom([], ['10.0.0.0/8'], ['10.0.0.0/16'], ['10.0.0.7']),
    rateLimits: fc.constantFrom(null, [own(1, 60)], [own(9, 1)], [own(9, 1), own(2, 3600, 'hourly')]),
  },
  { requiredKeys: [] },
);
const steps = fc.array(
  fc.record({ by: fc.constantFrom(BY_ADA, ADMINISTRATOR), isFormer: fc.boolean(), patch: patches }),
  { maxLength: 12 },
);

/** Returns whether the field restricts `inner` at least as much as `outer`. */
function admitsNoMore(inner: ApiKeyWithHistory, outer: ApiKeyWithHistory, field: string): boolean {
  const none = Number.POSITIVE_INFINITY;
  switch (field) {
    case 'enabled':
      return !inner.enabled || outer.enabled;
    case 'expiresAt':
      return (inner.expiresAt?.getTime() ?? none) <= (outer.expiresAt?.getTime() ?? none);
    case 'rateLimits':
      return rateLimitsKeep(outer.rateLimits, inner.rateLimits);
    default:
      return widthOf(inner) <= widthOf(outer);
  }
}

/** Returns the rank of an allowlist. Each allowlist of the patches contains the previous one. */
function widthOf({ allowedIps: [entry] }: ApiKeyWithHistory): number {
  return ['10.0.0.7', '10.0.0.0/16', '10.0.0.0/8', undefined].indexOf(entry);
}

const FIELDS = ['enabled', 'expiresAt', 'allowedIps', 'rateLimits'] as const;

describe('an owner', () => {
  it('cannot loosen a key beyond what others last set, after any changes by any release [T74]', () => {
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

  it('can undo all restrictions that only the owner set', () => {
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
