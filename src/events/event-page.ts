import { InvalidCursorError } from '../api-keys/management/key-page';
import { type KeyEventType, positionAt, positionOf } from '../api-keys/domain/key-event';
import { isVisible, type Viewpoint } from '../api-keys/domain/visibility';
import type { EventFilter, EventRepository, RecordedEvent } from '../api-keys/ports/event.repository';

/** How many events one page looks at, at the most. */
const MAX_EXAMINED = 1001;
/** How many events are read at once where some of them may be filtered out. */
const FILTERED_BATCH = 250;
const CURSOR_MARK = 'e1:';
const POSITION = /^\d{15}-[0-9a-z-]{1,80}$/;

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
export interface EventPage {
  readonly data: readonly RecordedEvent[];
  readonly nextCursor: string | null;
}

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
  let before = query.cursor === undefined ? undefined : readEventCursor(query.cursor);
  const wanted = within(viewpoint, query);
  if (wanted === undefined) return { data: [], nextCursor: null };
  const end = query.to === undefined ? undefined : positionAt(query.to);
  if (end !== undefined && (before === undefined || end < before)) before = end;
  const from = query.from === undefined ? undefined : positionAt(query.from);

  const index = indexFor(viewpoint, wanted);
  const isFiltered = Object.entries(wanted).some(
    ([name, value]) => value !== undefined && Reflect.get(index, name) === undefined,
  );
  const batchSize = isFiltered ? FILTERED_BATCH : query.limit + 1;
  const data: RecordedEvent[] = [];
  for (let examined = 0; examined < MAX_EXAMINED;) {
    const limit = Math.min(batchSize, MAX_EXAMINED - examined);
    const batch = await events.list({ ...index, from, before, limit });
    for (const event of batch) {
      if (data.length === query.limit) return { data, nextCursor: eventCursorAfter(before) };
      if (isWanted(event, wanted)) data.push(event);
      before = positionOf(event);
    }
    if (batch.length < limit) return { data, nextCursor: null };
    examined += batch.length;
  }
  return { data, nextCursor: eventCursorAfter(before) };
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

/** The cursor of the page after the one that ends at this position. */
function eventCursorAfter(position: string | undefined): string | null {
  return position === undefined ? null : Buffer.from(CURSOR_MARK + position).toString('base64url');
}

/** @throws InvalidCursorError */
function readEventCursor(cursor: string): string {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const position = text.slice(CURSOR_MARK.length);
  if (!text.startsWith(CURSOR_MARK) || !POSITION.test(position) || eventCursorAfter(position) !== cursor) {
    throw new InvalidCursorError();
  }
  return position;
}
