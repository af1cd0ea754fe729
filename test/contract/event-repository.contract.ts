import { positionAt, positionOf } from '../../src/api-keys/domain/key-event';
import type { EventRepository, QueuedEvent } from '../../src/api-keys/ports/event.repository';
import { anEvent } from '../support/event-fixtures';
import { ALICE, BOB, TENANTS } from '../../src/testing/contract/key-fixtures';
import type { OpenedEvents } from './opened-events';

const NOON = Date.parse('2030-06-01T12:00:00Z');
const EVER = new Date('2100-01-01');
const noonPlus = (seconds: number): Date => new Date(NOON + seconds * 1000);

/**
 * Checks what every store of events guarantees.
 *
 * @param open returns an empty store, a new one each time
 */
export function describeEventRepository(open: () => Promise<OpenedEvents>): void {
  let opened: OpenedEvents;
  let events: EventRepository;

  beforeEach(async () => {
    opened = await open();
    ({ events } = opened);
  });
  afterEach(async () => {
    await opened.close();
  });

  const idsOf = async (query: Parameters<EventRepository['list']>[0]): Promise<readonly string[]> =>
    (await events.list(query)).map(({ id }) => id);
  const sortedIdsOf = async (query: object): Promise<readonly string[]> =>
    (await idsOf({ ...query, limit: 10 })).toSorted();
  const queued = async (seconds: number, fields = {}): Promise<QueuedEvent> => {
    const event = anEvent(fields);
    await events.add(event, noonPlus(seconds));
    const found = (await events.dueOf(event.keyId, EVER, 100)).find(({ id }) => id === event.id);
    if (found === undefined) throw new Error('the event is not queued');
    return found;
  };

  describe('a recorded event', () => {
    it('is found unchanged', async () => {
      const full = anEvent({
        orgId: 'acme',
        projectId: 'apollo',
        ownerId: ALICE,
        fields: ['name', 'expiresAt'],
        expiresAt: noonPlus(0),
      });
      const bare = anEvent({ version: 2 });
      await expect(events.add(full)).resolves.toBe(true);
      await expect(events.add(bare, noonPlus(0))).resolves.toBe(true);
      const found = await events.list({ limit: 10 });
      expect(found).toHaveLength(2);
      expect(found).toEqual(
        expect.arrayContaining([
          { ...full, delivery: 'none' },
          { ...bare, delivery: 'pending' },
        ]),
      );
    });

    it('is stored once and stays unchanged when it is recorded again', async () => {
      const event = anEvent();
      const again = { ...event, actor: 'somebody else' };
      const isNew = await Promise.all(Array.from({ length: 20 }, async () => events.add(event, noonPlus(0))));
      expect(isNew.filter(Boolean)).toHaveLength(1);
      await expect(events.add(again)).resolves.toBe(false);
      await expect(events.list({ limit: 10 })).resolves.toEqual([{ ...event, delivery: 'pending' }]);
    });

    it('is not queued again after its delivery', async () => {
      const event = await queued(0);
      await events.settle(event, 'delivered');
      await events.add(anEvent({ keyId: event.keyId }), noonPlus(0));
      await expect(events.dueOf(event.keyId, EVER, 10)).resolves.toEqual([]);
    });
  });

  describe('the audit trail', () => {
    it('is read newest first, also when several events have the same time', async () => {
      const ids: string[] = [];
      for (const seconds of [3, 1, 1, 1, 2]) {
        const event = anEvent({ at: noonPlus(seconds) });
        await events.add(event);
        ids.push(`${positionOf(event)} ${event.id}`);
      }
      const expected = ids
        .toSorted()
        .toReversed()
        .map((each) => each.slice(each.indexOf(' ') + 1));
      const seen: string[] = [];
      let before: string | undefined;
      for (;;) {
        const page = await events.list({ before, limit: 2 });
        seen.push(...page.map(({ id }) => id));
        const last = page.at(-1);
        if (page.length < 2 || last === undefined) break;
        before = positionOf(last);
      }
      expect(seen).toEqual(expected);
    });

    it('can be limited to a time range, which includes its start and excludes its end', async () => {
      for (const seconds of [1, 2, 3]) await events.add(anEvent({ at: noonPlus(seconds), version: seconds }));
      const found = await events.list({
        from: positionAt(noonPlus(1)),
        before: positionAt(noonPlus(3)),
        limit: 10,
      });
      expect(found.map(({ version }) => version)).toEqual([2, 1]);
    });

    it('returns only the events that match a filter by tenant, owner, key or type', async () => {
      const ids: Record<string, string> = {};
      for (const orgId of TENANTS) {
        for (const projectId of ['apollo', 'hermes']) {
          const event = anEvent({ orgId, projectId, ownerId: orgId === 'acme' ? ALICE : BOB });
          ids[`${orgId}/${projectId}`] = event.id;
          await events.add(event);
        }
      }
      const loose = anEvent({ type: 'api-key.revoked', projectId: 'apollo' });
      await events.add(loose);
      const acme = Object.entries(ids)
        .flatMap(([name, id]) => (name.startsWith('acme/') ? [id] : []))
        .toSorted();
      await expect(sortedIdsOf({ orgId: 'acme' })).resolves.toEqual(acme);
      await expect(sortedIdsOf({ orgId: 'acme', projectId: undefined })).resolves.toEqual(acme);
      await expect(sortedIdsOf({ orgId: 'acme', projectId: 'apollo' })).resolves.toEqual([
        ids['acme/apollo'],
      ]);
      await expect(sortedIdsOf({ ownerId: ALICE })).resolves.toEqual(acme);
      await expect(sortedIdsOf({ ownerId: ALICE, orgId: 'acme' })).resolves.toEqual(acme);
      await expect(sortedIdsOf({ ownerId: ALICE, orgId: 'globex' })).resolves.toEqual([]);
      await expect(sortedIdsOf({ ownerId: ALICE, projectId: 'hermes' })).resolves.toEqual([
        ids['acme/hermes'],
      ]);
      await expect(sortedIdsOf({ projectId: 'apollo' })).resolves.toEqual(
        [`${ids['acme/apollo']}`, `${ids['globex/apollo']}`, loose.id].toSorted(),
      );
      await expect(sortedIdsOf({ keyId: loose.keyId })).resolves.toEqual([loose.id]);
      await expect(sortedIdsOf({ keyId: loose.keyId, orgId: 'acme' })).resolves.toEqual([]);
      await expect(sortedIdsOf({ type: 'api-key.revoked' })).resolves.toEqual([loose.id]);
      await expect(sortedIdsOf({ orgId: 'initech' })).resolves.toEqual([]);
    });
  });

  describe('the delivery queue', () => {
    it('returns due events, the longest due first, and no event that is not queued', async () => {
      await events.add(anEvent());
      const [late, soon] = [await queued(2), await queued(1)];
      await queued(3);
      expect((await events.due(noonPlus(2), 10)).map(({ id }) => id)).toEqual([soon.id, late.id]);
      expect((await events.due(noonPlus(2), 1)).map(({ id }) => id)).toEqual([soon.id]);
      await expect(events.due(noonPlus(0), 10)).resolves.toEqual([]);
    });

    it('returns the due events of one key, by version and then by time', async () => {
      const three = await queued(1, { version: 3, orgId: 'globex' });
      const { keyId } = three;
      const notice = await queued(0, { keyId, version: 2, id: `${keyId}-notice`, at: noonPlus(9) });
      const two = await queued(2, { keyId, version: 2, orgId: 'acme' });
      await queued(3, { keyId, version: 1 });
      await queued(0);
      const found = await events.dueOf(keyId, noonPlus(2), 10);
      expect(found.map(({ id }) => id)).toEqual([two.id, notice.id, three.id]);
      expect((await events.dueOf(keyId, noonPlus(2), 2)).map(({ id }) => id)).toEqual([two.id, notice.id]);
    });

    it('returns the first event of a key that waits for a retry and has attempts left', async () => {
      const [two, one] = [await queued(0, { version: 2 }), await queued(0)];
      const { keyId } = two;
      await expect(events.holderOf(keyId, noonPlus(0), 5)).resolves.toBeUndefined();
      await events.postpone(two, noonPlus(60), 1);
      const [first, third] = [await queued(0, { keyId }), await queued(0, { keyId, version: 3 })];
      const held = { ...two, deliverAt: noonPlus(60), attempts: 1 };
      await expect(events.holderOf(keyId, noonPlus(59), 5)).resolves.toEqual(held);
      await expect(events.holderOf(keyId, noonPlus(60), 5)).resolves.toBeUndefined();
      await events.postpone(third, noonPlus(60), 0);
      await events.postpone(first, noonPlus(60), 5);
      await expect(events.holderOf(keyId, noonPlus(59), 5)).resolves.toEqual(held);
      await expect(events.holderOf(keyId, noonPlus(59), 6)).resolves.toMatchObject({ id: first.id });
      await expect(events.holderOf(one.keyId, noonPlus(59), 5)).resolves.toBeUndefined();
    });

    it('returns the organisations with due events in pages, starting with null for none', async () => {
      for (const orgId of ['globex', 'acme', 'acme', 'initech', undefined]) await queued(0, { orgId });
      await queued(0, { orgId: 'acme', projectId: 'apollo', ownerId: ALICE });
      await queued(9, { orgId: 'hooli' });
      await events.add(anEvent({ orgId: 'umbrella' }));
      const now = noonPlus(8);
      const all = [null, 'acme', 'globex', 'initech'];
      await expect(events.dueOrganisations(now, undefined, 9)).resolves.toEqual(all);
      await expect(events.dueOrganisations(now, undefined, 2)).resolves.toEqual(all.slice(0, 2));
      await expect(events.dueOrganisations(now, undefined, 1)).resolves.toEqual([null]);
      await expect(events.dueOrganisations(now, null, 9)).resolves.toEqual(all.slice(1));
      await expect(events.dueOrganisations(now, 'acme', 1)).resolves.toEqual(['globex']);
      await expect(events.dueOrganisations(now, 'initech', 9)).resolves.toEqual([]);
    });

    it('returns the keys of an organisation that have due events, in pages', async () => {
      const keyIds: Record<string, string[]> = {};
      for (const orgId of [...TENANTS, 'none']) {
        const binding = orgId === 'none' ? {} : { orgId };
        const made = [await queued(0, binding), await queued(0, binding), await queued(0, binding)];
        keyIds[orgId] = made.map(({ keyId }) => keyId).toSorted();
        await queued(0, { ...binding, keyId: made[0]?.keyId, version: 2 });
        await queued(9, binding);
      }
      const now = noonPlus(8);
      for (const [name, ids] of Object.entries(keyIds)) {
        const orgId = name === 'none' ? null : name;
        await expect(events.dueKeys(orgId, now, undefined, 9)).resolves.toEqual(ids);
        await expect(events.dueKeys(orgId, now, undefined, 2)).resolves.toEqual(ids.slice(0, 2));
        await expect(events.dueKeys(orgId, now, ids[0], 9)).resolves.toEqual(ids.slice(1));
        await expect(events.dueKeys(orgId, now, ids[2], 9)).resolves.toEqual([]);
      }
      await expect(events.dueKeys('initech', now, undefined, 9)).resolves.toEqual([]);
    });

    it('postpones an event for a retry', async () => {
      const event = await queued(0);
      await events.postpone(event, noonPlus(60), 1);
      await expect(events.due(noonPlus(59), 10)).resolves.toEqual([]);
      await expect(events.due(noonPlus(60), 10)).resolves.toEqual([
        { ...event, deliverAt: noonPlus(60), attempts: 1 },
      ]);
    });

    it.each(['delivered', 'dead'] as const)(
      'no longer returns events that are %s, and the audit trail shows that state',
      async (state) => {
        const event = await queued(0);
        await events.settle(event, state);
        await expect(events.due(noonPlus(9), 10)).resolves.toEqual([]);
        const { deliverAt: _deliverAt, attempts: _attempts, ...rest } = event;
        await expect(events.list({ limit: 10 })).resolves.toEqual([{ ...rest, delivery: state }]);
      },
    );

    it('ignores an outcome if another instance has tried the event in the meantime', async () => {
      const event = await queued(0);
      await events.postpone(event, noonPlus(60), 1);
      await events.settle(event, 'dead');
      await events.postpone(event, noonPlus(5), 1);
      const [found] = await events.dueOf(event.keyId, EVER, 10);
      expect(found).toMatchObject({ deliverAt: noonPlus(60), attempts: 1 });
      if (found !== undefined) await events.settle(found, 'delivered');
      await events.postpone(event, noonPlus(5), 1);
      await expect(events.dueOf(event.keyId, EVER, 10)).resolves.toEqual([]);
    });
  });

  it('removes the oldest events first, in batches, and keeps the rest', async () => {
    for (const seconds of [1, 2, 3, 4])
      await events.add(anEvent({ at: noonPlus(seconds), version: seconds }));
    const before = positionAt(noonPlus(4));
    await expect(events.prune(before, 2)).resolves.toBe(2);
    expect((await events.list({ limit: 10 })).map(({ version }) => version)).toEqual([4, 3]);
    await expect(events.prune(before, 2)).resolves.toBe(1);
    await expect(events.prune(before, 2)).resolves.toBe(0);
    expect((await events.list({ limit: 10 })).map(({ version }) => version)).toEqual([4]);
  });

  describe('a lease', () => {
    it('is read back as it was written', async () => {
      const { leases } = events;
      await expect(leases.read('events')).resolves.toBeNull();
      await expect(leases.write('events', { holder: 'one', beat: 1 })).resolves.toBe(true);
      await expect(leases.read('events')).resolves.toMatchObject({ holder: 'one', beat: 1 });
      await leases.write('events', { holder: 'one', beat: 2, progress: noonPlus(0) });
      await leases.write('events', { holder: '', beat: 3 });
      await expect(leases.read('events')).resolves.toEqual({ holder: '', beat: 3, progress: noonPlus(0) });
      await expect(leases.read('another')).resolves.toBeNull();
    });

    it.each([1, 2, 3])(
      'goes to exactly one of 20 instances that request beat %i concurrently',
      async (beat) => {
        for (let each = 1; each < beat; each += 1)
          await events.leases.write('l', { holder: 'o', beat: each });
        const holders = Array.from({ length: 20 }, (_, n) => `instance ${n}`);
        const won = await Promise.all(
          holders.map(async (holder) => events.leases.write('l', { holder, beat })),
        );
        expect(won.filter(Boolean)).toHaveLength(1);
        const winner = holders[won.indexOf(true)];
        await expect(events.leases.read('l')).resolves.toMatchObject({ holder: winner, beat });
      },
    );

    it('is not granted at a beat other than the next one', async () => {
      await events.leases.write('l', { holder: 'one', beat: 1 });
      for (const beat of [1, 3]) {
        await expect(events.leases.write('l', { holder: 'two', beat })).resolves.toBe(false);
      }
      await expect(events.leases.read('l')).resolves.toMatchObject({ holder: 'one', beat: 1 });
    });
  });
}
