import { CursorCodec, InvalidCursorError } from '../../http/cursor';
import type { Page } from '../../http/page';
import { UnacceptableFieldError } from '../../problems/unacceptable-field.error';
import { ANYTHING, DATE, type MemberRules, oneOf, requireMembers, TEXT } from '../../problems/members';
import type { Caller } from '../domain/caller';
import {
  dayOf,
  type HourlyOutcomes,
  type OutcomeCount,
  sumOf,
  type UsageSpan,
  type UsageSubject,
} from '../domain/usage';
import { isVisible } from '../domain/visibility';
import { MAX_USAGE_DAYS, MAX_USAGE_SUM_DAYS, type UsageRepository } from '../ports/usage.repository';
import type { ApiKeysService } from './api-keys.service';
import { agreed } from './key-page';

/** What requests are grouped by. */
export const USAGE_GROUPINGS = ['key', 'owner', 'org', 'outcome', 'hour', 'day'] as const;

/** One of {@link USAGE_GROUPINGS}. */
export type UsageGrouping = (typeof USAGE_GROUPINGS)[number];

/** A request for one page of sums of usage. */
export interface UsageSumsRequest {
  readonly groupBy: UsageGrouping;
  /** The default is one day before `to`. At most 31 days before `to` if grouped by key, otherwise 366. */
  readonly from?: Date | undefined;
  /** The default is now. */
  readonly to?: Date | undefined;
  readonly orgId?: string | undefined;
  readonly ownerId?: string | undefined;
  readonly keyId?: string | undefined;
  /** The maximum number of groups on the page, 1 to 1000; default 100. A page of outcomes has all of them. */
  readonly limit?: number | undefined;
  /** The `nextCursor` of the previous page. */
  readonly cursor?: string | undefined;
}

/** The requests of one group. */
export interface UsageSum {
  /** The key, owner, organisation or outcome, or when the hour or day began; `null` for keys without an owner or organisation. */
  readonly group: string | null;
  readonly outcomes: readonly OutcomeCount[];
}

/** One page of sums. It may be short; the list ends only if `nextCursor` is null. */
export interface UsageSums extends Page<UsageSum>, UsageSpan {
  readonly groupBy: UsageGrouping;
}

const REQUEST: MemberRules<UsageSumsRequest> = {
  groupBy: oneOf(USAGE_GROUPINGS),
  from: DATE,
  to: DATE,
  orgId: TEXT,
  ownerId: TEXT,
  keyId: TEXT,
  limit: ANYTHING,
  cursor: TEXT,
};

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
const MS = { hour: 3_600_000, day: 24 * 3_600_000 };

/** The maximum number of keys whose usage one read returns. */
const KEYS_AT_ONCE = 100;

const NAME_CURSORS = {
  org: new CursorCodec('o1:', isEscapedName),
  owner: new CursorCodec('w1:', isEscapedName),
};
const TIME_CURSORS = { hour: new CursorCodec('h1:', isTime), day: new CursorCodec('d1:', isTime) };

/** Checks a request from code, and returns how many days its span may have. */
export function requireSumsRequest(request: UsageSumsRequest): number {
  requireMembers(request, REQUEST, ['groupBy']);
  const { limit = DEFAULT_LIMIT } = request;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw new UnacceptableFieldError('/limit', `must be a whole number from 1 to ${MAX_LIMIT}`);
  return request.groupBy === 'key' ? MAX_USAGE_DAYS : MAX_USAGE_SUM_DAYS;
}

/** Reads sums of usage on behalf of one caller. See decision record 0090. */
export class UsageSumsReader {
  constructor(
    private readonly repository: UsageRepository,
    private readonly apiKeys: ApiKeysService,
    private readonly caller: Caller,
    private readonly span: UsageSpan,
  ) {}

  /** Returns one page of a request that {@link requireSumsRequest} accepts. */
  async page(request: UsageSumsRequest): Promise<Page<UsageSum>> {
    const { groupBy, keyId, limit = DEFAULT_LIMIT, cursor } = request;
    if (keyId !== undefined) return this.ofKey(keyId, request);
    if (groupBy === 'key')
      return this.byKey({ orgId: request.orgId, ownerId: request.ownerId, limit, cursor });
    const { grant, administered = [] } = this.caller;
    // Stored sums of an organisation and of an owner cannot be combined, so an administrator names the organisation.
    const viewpoint = administered.find((each) => each.orgId === request.orgId) ?? grant;
    const orgId = agreed(viewpoint.orgId, request.orgId);
    const ownerId = agreed(viewpoint.ownerId, request.ownerId);
    const within = { orgId: orgId ?? undefined, ownerId: ownerId ?? undefined };
    const isEmpty = orgId === null || ownerId === null;
    if (viewpoint.projectId !== undefined) {
      throw new UnacceptableFieldError(
        '/groupBy',
        'must be "key" for a caller that is bound to a project, unless the request names a keyId',
      );
    }
    if (groupBy === 'org' || groupBy === 'owner') return this.byName(groupBy, within, isEmpty, limit, cursor);
    return isEmpty ? NOTHING : this.ofSubject(groupBy, within, limit, cursor);
  }

  private async ofKey(
    keyId: string,
    { groupBy, orgId, ownerId, limit = DEFAULT_LIMIT, cursor }: UsageSumsRequest,
  ): Promise<Page<UsageSum>> {
    if (groupBy === 'org' || groupBy === 'owner') {
      throw new UnacceptableFieldError('/keyId', `must be omitted if groupBy is "${groupBy}"`);
    }
    const key = await this.apiKeys.get(this.caller, keyId);
    if (!isVisible({ orgId, ownerId }, key)) return NOTHING;
    if (groupBy !== 'key') return this.ofSubject(groupBy, { keyId }, limit, cursor);
    if (cursor !== undefined) throw new InvalidCursorError();
    return { data: await this.sumsOfKeys([keyId]), nextCursor: null };
  }

  private async byKey(query: Parameters<ApiKeysService['list']>[1]): Promise<Page<UsageSum>> {
    const { data, nextCursor } = await this.apiKeys.list(this.caller, query);
    const sums: UsageSum[] = [];
    for (let at = 0; at < data.length; at += KEYS_AT_ONCE)
      sums.push(...(await this.sumsOfKeys(data.slice(at, at + KEYS_AT_ONCE).map(({ id }) => id))));
    return { data: sums, nextCursor };
  }

  private async sumsOfKeys(keyIds: readonly string[]): Promise<readonly UsageSum[]> {
    const hours = await this.repository.hoursOf(
      keyIds.map((keyId) => ({ keyId })),
      this.span,
    );
    return keyIds.flatMap((group, index) => {
      const outcomes = sumOfHours(hours[index] ?? []);
      return outcomes.length === 0 ? [] : [{ group, outcomes }];
    });
  }

  private async byName(
    by: 'org' | 'owner',
    { orgId, ownerId }: { readonly orgId: string | undefined; readonly ownerId: string | undefined },
    isEmpty: boolean,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<UsageSum>> {
    const codec = NAME_CURSORS[by];
    const after = codec.read(cursor);
    if (isEmpty) return NOTHING;
    const only = by === 'org' ? orgId : ownerId;
    if (only !== undefined) {
      if (after !== undefined) throw new InvalidCursorError();
      const [hours = []] = await this.repository.hoursOf([{ orgId, ownerId }], this.span);
      const outcomes = sumOfHours(hours);
      return { data: outcomes.length === 0 ? [] : [{ group: only, outcomes }], nextCursor: null };
    }
    const { span } = this;
    const { groups, next } = await this.repository.groups({ by, orgId, ownerId, span, after, limit });
    return {
      data: groups.map(({ name, outcomes }) => ({ group: name, outcomes })),
      nextCursor: next === undefined ? null : codec.after(next),
    };
  }

  private async ofSubject(
    by: 'outcome' | 'hour' | 'day',
    subject: UsageSubject,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<UsageSum>> {
    if (by === 'outcome') {
      if (cursor !== undefined) throw new InvalidCursorError();
      const [hours = []] = await this.repository.hoursOf([subject], this.span);
      const outcomes = sumOfHours(hours);
      return { data: outcomes.map((one) => ({ group: one.outcome, outcomes: [one] })), nextCursor: null };
    }
    const from = this.startOf(by, cursor);
    const first = by === 'day' ? dayOf(from) : from;
    const end = new Date(first.getTime() + limit * MS[by]);
    const to = end < this.span.to ? end : this.span.to;
    const [hours = []] = await this.repository.hoursOf([subject], { from, to });
    const groups = new Map<string, HourlyOutcomes[]>();
    for (const each of hours) {
      const began = (by === 'day' ? dayOf(each.hour) : each.hour).toISOString();
      groups.set(began, [...(groups.get(began) ?? []), each]);
    }
    return {
      data: Array.from(groups, ([group, own]) => ({ group, outcomes: sumOfHours(own) })),
      nextCursor: to < this.span.to ? TIME_CURSORS[by].after(String(to.getTime())) : null,
    };
  }

  /** Returns the start of a page by time: a full hour or day within the span. */
  private startOf(by: 'hour' | 'day', cursor: string | undefined): Date {
    const position = TIME_CURSORS[by].read(cursor);
    if (position === undefined) return this.span.from;
    const start = new Date(Number(position));
    if (start.getTime() % MS[by] !== 0 || start < this.span.from || start >= this.span.to)
      throw new InvalidCursorError();
    return start;
  }
}

const NOTHING: Page<UsageSum> = { data: [], nextCursor: null };

function sumOfHours(hours: readonly HourlyOutcomes[]): readonly OutcomeCount[] {
  return sumOf(hours.flatMap(({ outcomes }) => outcomes));
}

function isEscapedName(text: string): boolean {
  return /^[\w.!~*'()%-]{0,1000}$/.test(text);
}

function isTime(text: string): boolean {
  return /^\d{1,15}$/.test(text);
}
