import { CursorCodec } from '../http/cursor';
import { type Page, readPage } from '../http/page';
import { type KeyEventType, positionAt, positionOf } from '../api-keys/domain/key-event';
import { isVisible, type Viewpoint } from '../api-keys/domain/visibility';
import type { EventFilter, EventRepository, RecordedEvent } from '../api-keys/ports/event.repository';

const POSITION = /^\d{15}-[0-9a-z-]{1,80}$/;
const EVENT_CURSORS = new CursorCodec('e1:', (text) => POSITION.test(text));

/** Which events a page is to show. */
export interface EventPageQuery {
  /** 1 to 1000. */
  readonly limit: number;
  /** The `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
  readonly type?: KeyEventType | undefined;
  readonly keyId?: string | undefined;
  readonly orgId?: string | undefined;
  readonly projectId?: string | undefined;
  readonly ownerId?: string | undefined;
  /** At this moment or later. */
  readonly from?: Date | undefined;
  /** Before this moment. */
  readonly to?: Date | undefined;
}

/** One page of events, newest first; only `nextCursor: null` ends a list. */
export type EventPage = Page<RecordedEvent>;

type Wanted = Pick<EventPageQuery, 'type' | 'keyId' | 'orgId' | 'projectId' | 'ownerId'>;

/**
 * One page of the events that a viewpoint sees, newest first. What is asked for and the index does not narrow
 * down is filtered among at most 1,001 events, all of them visible, so that a page may be short.
 *
 * @throws InvalidCursorError
 */
export async function eventPageOf(
  events: EventRepository,
  viewpoint: Viewpoint,
  query: EventPageQuery,
): Promise<EventPage> {
  let before = EVENT_CURSORS.read(query.cursor);
  const wanted = within(viewpoint, query);
  if (wanted === undefined) return { data: [], nextCursor: null };
  const end = query.to === undefined ? undefined : positionAt(query.to);
  if (end !== undefined && (before === undefined || end < before)) before = end;
  const from = query.from === undefined ? undefined : positionAt(query.from);

  const index = indexFor(viewpoint, wanted);
  const isFiltered = Object.entries(wanted).some(
    ([name, value]) => value !== undefined && Reflect.get(index, name) === undefined,
  );
  return readPage<RecordedEvent>({
    before,
    limit: query.limit,
    codec: EVENT_CURSORS,
    positionOf,
    isFiltered,
    isWanted: (event) => isWanted(event, wanted),
    read: async (batch) => events.list({ ...index, from, ...batch }),
  });
}

/** What is asked for within what is seen; `undefined` where they contradict each other. */
function within(viewpoint: Viewpoint, { type, keyId, ...asked }: Wanted): Wanted | undefined {
  const parts = (['orgId', 'projectId', 'ownerId'] as const).map((name) => [
    name,
    viewpoint[name] ?? asked[name],
  ]);
  const both: Wanted = Object.fromEntries(parts);
  return isVisible(asked, both) ? { type, keyId, ...both } : undefined;
}

/**
 * What the store narrows events down to: all that limits the viewpoint, so that nothing out of its sight is examined, and
 * shows in a cursor; and of what is asked for, what an index serves beside it.
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
