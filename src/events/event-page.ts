import { CursorCodec } from '../http/cursor';
import { type Page, readMerged, readPage } from '../http/page';
import { ANYTHING, DATE, type MemberRules, oneOf, requireMembers, TEXT } from '../problems/members';
import { type AuditEvent, EVENT_TYPES, positionAt, positionOf } from '../api-keys/domain/key-event';
import { isVisible, type Viewpoint } from '../api-keys/domain/visibility';
import type { EventFilter, EventRepository, RecordedEvent } from '../api-keys/ports/event.repository';

const POSITION = /^\d{15}-[0-9a-z-]{1,80}$/;
const EVENT_CURSORS = new CursorCodec('e1:', (text) => POSITION.test(text));

/** The filters, the size and the cursor of a page of events. */
export interface EventPageQuery {
  /** The maximum number of events on the page: 1 to 1000. */
  readonly limit: number;
  /** The `nextCursor` of the previous page. */
  readonly cursor?: string | undefined;
  readonly type?: AuditEvent['type'] | undefined;
  readonly keyId?: string | undefined;
  readonly orgId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly ownerId?: string | undefined;
  /** Only events at this time or later. */
  readonly from?: Date | undefined;
  /** Only events before this time. */
  readonly to?: Date | undefined;
}

/** One page of events, newest first. The list ends only if `nextCursor` is null. */
export type EventPage = Page<RecordedEvent>;

type Wanted = Pick<EventPageQuery, 'type' | 'keyId' | 'orgId' | 'projectId' | 'ownerId'>;

const QUERY: MemberRules<EventPageQuery> = {
  limit: ANYTHING,
  cursor: TEXT,
  type: oneOf(EVENT_TYPES),
  keyId: TEXT,
  orgId: TEXT,
  projectId: TEXT,
  ownerId: TEXT,
  from: DATE,
  to: DATE,
};

/**
 * Returns one page of the events that any of the viewpoints can see, newest first. Filters that the index does not cover examine
 * at most 1,001 visible events, so a page may have fewer events than its limit.
 *
 * @throws InvalidCursorError
 * @throws UnacceptableFieldError about unknown or invalid filters
 */
export async function eventPageOf(
  events: EventRepository,
  viewpoints: readonly Viewpoint[],
  query: EventPageQuery,
): Promise<EventPage> {
  requireMembers(query, QUERY, ['limit']);
  let before = EVENT_CURSORS.read(query.cursor);
  const lists = viewpoints.flatMap((viewpoint) => {
    const wanted = within(viewpoint, query);
    return wanted === undefined ? [] : [{ wanted, index: indexFor(viewpoint, wanted) }];
  });
  if (lists.length === 0) return { data: [], nextCursor: null };
  const end = query.to === undefined ? undefined : positionAt(query.to);
  if (end !== undefined && (before === undefined || end < before)) before = end;
  const from = query.from === undefined ? undefined : positionAt(query.from);

  const isFiltered = lists.some(({ wanted, index }) =>
    Object.entries(wanted).some(
      ([name, value]) => value !== undefined && Reflect.get(index, name) === undefined,
    ),
  );
  return readPage<RecordedEvent>({
    before,
    limit: query.limit,
    codec: EVENT_CURSORS,
    positionOf,
    isFiltered,
    isWanted: (event) => lists.some(({ wanted }) => isWanted(event, wanted)),
    read: async (batch) =>
      readMerged(
        lists.map(
          ({ index }) =>
            async () =>
              events.list({ ...index, from, ...batch }),
        ),
        positionOf,
        batch.limit,
      ),
  });
}

/** Combines the filters with the viewpoint. Returns `undefined` if they contradict it. */
function within(viewpoint: Viewpoint, { type, keyId, ...asked }: Wanted): Wanted | undefined {
  const parts = (['orgId', 'projectId', 'ownerId'] as const).map((name) => [
    name,
    viewpoint[name] ?? asked[name],
  ]);
  const both: Wanted = Object.fromEntries(parts);
  return isVisible(asked, both) ? { type, keyId, ...both } : undefined;
}

/**
 * Returns the filters that the store applies: all limits of the viewpoint, and those of the other filters that the same
 * index covers. The limits are included so that a cursor never points to an event that the viewpoint cannot see.
 */
function indexFor(viewpoint: Viewpoint, { keyId, ownerId, orgId, projectId, type }: Wanted): EventFilter {
  if (viewpoint.ownerId !== undefined) {
    return { ownerId: viewpoint.ownerId, orgId, projectId: viewpoint.projectId };
  }
  if (viewpoint.projectId !== undefined) return { orgId, projectId: viewpoint.projectId };
  if (keyId !== undefined) return { keyId, orgId };
  if (ownerId !== undefined) return { ownerId, orgId };
  if (orgId !== undefined) return { orgId, projectId };
  return type === undefined ? {} : { type };
}

function isWanted(event: RecordedEvent, { type, keyId, ...viewpoint }: Wanted): boolean {
  return (
    isVisible(viewpoint, event) &&
    (type === undefined || event.type === type) &&
    (keyId === undefined || event.keyId === keyId)
  );
}
