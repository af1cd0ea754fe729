import { anEvent } from '../../test/support/event-fixtures';
import { ALICE, BOB } from '../testing/contract/key-fixtures';
import { StorageConfig } from '../config/storage.config';
import type { KeyEvent } from '../api-keys/domain/key-event';
import { newKeyId } from '../api-keys/domain/key-id';
import type { Viewpoint } from '../api-keys/domain/visibility';
import { MemoryEventRepository } from './storage/memory-event.repository';
import { eventPageOf, type EventPage, type EventPageQuery } from './event-page';

const NOON = Date.parse('2030-06-01T12:00:00Z');
const [THEIRS, OURS, NOBODYS] = [1, 2, 3].map((n) => newKeyId(new Date(NOON + n))) as [
  string,
  string,
  string,
];

let events: MemoryEventRepository;

const happen = async (fields: Partial<KeyEvent>, times = 1): Promise<void> => {
  for (let version = 1; version <= times; version += 1) {
    await events.add(anEvent({ at: new Date(NOON + version), version, ...fields }));
  }
};
const seen = async (viewpoint: Viewpoint, query: Partial<EventPageQuery>): Promise<EventPage> =>
  eventPageOf(events, [viewpoint], { limit: 100, ...query });

beforeEach(() => {
  events = new MemoryEventRepository(new StorageConfig().permitVolatile('the events of this test'));
});

describe('a filter for events that the viewer cannot see', () => {
  beforeEach(async () => {
    const theirs = { orgId: 'globex', projectId: 'hermes', ownerId: BOB };
    await happen({ keyId: THEIRS, ...theirs }, 1100);
    await happen({ keyId: OURS, orgId: 'acme', projectId: 'apollo', ownerId: ALICE });
  });

  it.each<[string, Viewpoint]>([
    ['a key of acme', { orgId: 'acme' }],
    ['a key of a project of acme', { orgId: 'acme', projectId: 'apollo' }],
    ['a key of a project in any organisation', { projectId: 'apollo' }],
    ['a key of Alice', { ownerId: ALICE }],
    ['a key of Alice in acme', { orgId: 'acme', ownerId: ALICE }],
    ['a key of Alice in a project', { projectId: 'apollo', ownerId: ALICE }],
    ['a key of Alice in a project of acme', { orgId: 'acme', projectId: 'apollo', ownerId: ALICE }],
    ['a key of a tenant with no events', { orgId: 'initech' }],
    ['a key of Bob in another organisation', { orgId: 'initech', ownerId: BOB }],
    ['a key of Bob in another project', { projectId: 'artemis', ownerId: BOB }],
    [
      'a key of a project with the same id in another organisation',
      { orgId: 'initech', projectId: 'hermes' },
    ],
  ])('returns the same empty page to %s as a filter for a missing key', async (_who, viewpoint) => {
    const nothing = { data: [], nextCursor: null };
    for (const query of [
      { keyId: THEIRS },
      { keyId: THEIRS, type: 'api-key.created' as const },
      { keyId: NOBODYS },
      { ownerId: BOB, keyId: THEIRS },
      { orgId: 'globex' },
      { orgId: 'globex', projectId: 'hermes' },
    ]) {
      expect([query, await seen(viewpoint, query)]).toEqual([query, nothing]);
    }
    for (const query of [{}, { type: 'api-key.created' as const }, { type: 'api-key.revoked' as const }]) {
      const { data, nextCursor } = await seen(viewpoint, query);
      expect([data.some(({ keyId }) => keyId === THEIRS), nextCursor]).toEqual([false, null]);
    }
  });
});

it('an owner of keys in two organisations sees only the events of the organisation of the presented key [T81]', async () => {
  await happen({ keyId: THEIRS, orgId: 'globex', ownerId: ALICE }, 1100);
  await happen({ keyId: OURS, orgId: 'acme', ownerId: ALICE });
  const { data, nextCursor } = await seen({ orgId: 'acme', ownerId: ALICE }, {});
  expect([data.map(({ keyId }) => keyId), nextCursor]).toEqual([[OURS], null]);
});

it.each<[string, Viewpoint]>([
  ['the operator', {}],
  ['a key of the tenant', { orgId: 'acme' }],
  ['a key of the project', { orgId: 'acme', projectId: 'apollo' }],
  ['a key of the owner', { ownerId: ALICE }],
])('%s finds the event of one key among 1,100 others, page by page', async (_who, viewpoint) => {
  const own = { orgId: 'acme', projectId: 'apollo', ownerId: ALICE };
  await happen({ keyId: OURS, ...own, at: new Date(NOON) });
  await happen({ keyId: THEIRS, ...own }, 1100);
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page: EventPage = await seen(viewpoint, { keyId: OURS, cursor });
    found.push(...page.data.map(({ keyId }) => keyId));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(found).toEqual([OURS]);
});
