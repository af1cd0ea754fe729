import type { OutcomeCount, UsageOutcome, UsageTally } from '../domain/usage';

const HOUR_MS = 3_600_000;

/** The minimum time between two readings of the address of a key's clients, because each reading costs as much as a count. */
const ADDRESS_RESOLUTION_MS = 1000;

/** The client of a request. Its address may be computed when it is read. */
export interface UsingClient {
  readonly clientAddress: string | undefined;
}

/** A key, and the organisation and owner to which its use is attributed. */
export interface UsedKey {
  readonly id: string;
  readonly orgId?: string | undefined;
  readonly ownerId?: string | undefined;
}

interface Sum {
  count: number;
  cost: number;
}

interface Tally {
  readonly orgId: string | undefined;
  readonly ownerId: string | undefined;
  readonly accepted: Sum;
  refused: Map<UsageOutcome, Sum> | undefined;
  lastUsedMs: number;
  addressMs: number;
  lastAddress: string | undefined;
  /** The counts of the same key and hour with another organisation or owner. */
  moved: Tally | undefined;
}

/**
 * Counts requests by key and hour until they are taken for storage. Contains a limited number of counts. A key that moves
 * to another organisation or owner gets another count.
 */
export class UsageBuffer {
  private hours = new Map<number, Map<string, Tally>>();
  private current = new Map<string, Tally>();
  private currentStart = Number.NaN;
  private currentEnd = Number.NaN;
  private held = 0;

  /** @param capacity the maximum number of counts, one per key, hour, organisation and owner */
  constructor(private readonly capacity: number) {}

  /** The number of counts in the buffer. */
  get size(): number {
    return this.held;
  }

  /**
   * Counts one request. Allocates no memory if the key already has a count of this outcome in this hour.
   *
   * @param client the client, whose address is read at most once a second; `undefined` if addresses are not kept
   * @returns whether there was room
   */
  count(
    key: UsedKey,
    outcome: UsageOutcome,
    cost: number,
    nowMs: number,
    client: UsingClient | undefined,
  ): boolean {
    if (!(nowMs >= this.currentStart && nowMs < this.currentEnd)) this.turnTo(nowMs - (nowMs % HOUR_MS));
    const tally = this.tallyOf(this.current, key.id, key);
    if (tally === undefined) return false;
    add(tally, outcome, 1, cost);
    if (outcome === 'VALID') use(tally, nowMs, client);
    return true;
  }

  /** Returns all counts and empties the buffer. */
  take(): readonly UsageTally[] {
    const taken = this.hours;
    this.hours = new Map();
    this.currentStart = Number.NaN;
    this.held = 0;
    const tallies: UsageTally[] = [];
    for (const [start, keys] of taken) {
      for (const [keyId, first] of keys) {
        for (let tally: Tally | undefined = first; tally !== undefined; tally = tally.moved)
          tallies.push(asTaken(keyId, start, tally));
      }
    }
    return tallies;
  }

  /**
   * Puts back counts that could not be stored, if there is room.
   *
   * @returns how many requests were dropped because there was no room
   */
  putBack(tallies: readonly UsageTally[]): number {
    let dropped = 0;
    for (const taken of tallies) {
      const { keyId, hour, outcomes, lastUsedAt, lastAddress } = taken;
      const tally = this.tallyOf(this.ofHour(hour.getTime()), keyId, taken);
      for (const { outcome, count, cost } of outcomes) {
        if (tally === undefined) dropped += count;
        else add(tally, outcome, count, cost);
      }
      if (tally !== undefined && lastUsedAt !== undefined)
        use(tally, lastUsedAt.getTime(), { clientAddress: lastAddress });
    }
    return dropped;
  }

  /** Returns the counts of a key. Creates them if there is room. */
  private tallyOf(
    tallies: Map<string, Tally>,
    keyId: string,
    { orgId, ownerId }: Omit<UsedKey, 'id'>,
  ): Tally | undefined {
    const first = tallies.get(keyId);
    let last = first;
    for (let tally = first; tally !== undefined; tally = tally.moved) {
      if (tally.orgId === orgId && tally.ownerId === ownerId) return tally;
      last = tally;
    }
    if (this.held >= this.capacity) return undefined;
    this.held += 1;
    const made: Tally = {
      orgId,
      ownerId,
      accepted: { count: 0, cost: 0 },
      refused: undefined,
      lastUsedMs: -Infinity,
      addressMs: -Infinity,
      lastAddress: undefined,
      moved: undefined,
    };
    if (last === undefined) tallies.set(keyId, made);
    else last.moved = made;
    return made;
  }

  private turnTo(start: number): void {
    this.current = this.ofHour(start);
    this.currentStart = start;
    this.currentEnd = start + HOUR_MS;
  }

  private ofHour(start: number): Map<string, Tally> {
    const known = this.hours.get(start);
    if (known !== undefined) return known;
    const tallies = new Map<string, Tally>();
    this.hours.set(start, tallies);
    return tallies;
  }
}

function add(tally: Tally, outcome: UsageOutcome, count: number, cost: number): void {
  let sum: Sum | undefined = tally.accepted;
  if (outcome !== 'VALID') {
    tally.refused ??= new Map();
    sum = tally.refused.get(outcome);
    if (sum === undefined) {
      sum = { count: 0, cost: 0 };
      tally.refused.set(outcome, sum);
    }
  }
  sum.count += count;
  sum.cost += cost;
}

function use(tally: Tally, ms: number, client: UsingClient | undefined): void {
  if (ms < tally.lastUsedMs) return;
  tally.lastUsedMs = ms;
  if (ms - tally.addressMs < ADDRESS_RESOLUTION_MS) return;
  tally.addressMs = ms;
  tally.lastAddress = client?.clientAddress;
}

function asTaken(keyId: string, start: number, tally: Tally): UsageTally {
  const { orgId, ownerId, accepted, refused = [], lastUsedMs, lastAddress } = tally;
  const outcomes: OutcomeCount[] = accepted.count > 0 ? [{ outcome: 'VALID', ...accepted }] : [];
  for (const [outcome, sum] of refused) outcomes.push({ outcome, ...sum });
  return {
    keyId,
    orgId,
    ownerId,
    hour: new Date(start),
    outcomes,
    ...(lastUsedMs >= 0 && { lastUsedAt: new Date(lastUsedMs), lastAddress }),
  };
}
