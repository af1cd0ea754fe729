import type { EventRepository } from '../../api-keys/ports/event.repository';
import { inParallel } from '../../common/in-parallel';

/** The maximum number of organisations in one round. */
const ORGANISATIONS = 20;
/** The maximum number of keys of one organisation in one round. */
const KEYS = 4;
const WIDTH = 4;

/**
 * Chooses the keys whose events are delivered next. Organisations take turns, and the keys of each organisation take
 * turns. Therefore, a long queue of one organisation delays the others only by a few attempts. See decision record
 * 0046.
 */
export class DeliveryTurns {
  private organisation: string | null | undefined;
  private readonly keys = new Map<string | null, string>();

  constructor(private readonly events: EventRepository) {}

  /**
   * Returns the keys of the next round: first one key of each organisation, then a second key of each, and so on. Empty
   * if no event is due.
   */
  async next(now: Date): Promise<readonly string[]> {
    const organisations = await this.organisations(now);
    if (organisations.length === 0) this.keys.clear();
    const turns = organisations.map((orgId) => ({ orgId, keys: [] as readonly string[] }));
    await inParallel(turns, WIDTH, async (turn) => {
      turn.keys = await this.keysOf(turn.orgId, now);
    });
    const round = Array.from({ length: KEYS }, (_, nth) =>
      turns.flatMap(({ keys }) => keys.slice(nth, nth + 1)),
    );
    // A key that has moved may be due in two organisations, but its events must not be delivered twice at once.
    return [...new Set(round.flat())];
  }

  private async organisations(now: Date): Promise<readonly (string | null)[]> {
    const after = this.organisation;
    const found = await this.events.dueOrganisations(now, after, ORGANISATIONS);
    this.organisation = found.length < ORGANISATIONS ? undefined : found.at(-1);
    return found.length > 0 || after === undefined
      ? found
      : this.events.dueOrganisations(now, undefined, ORGANISATIONS);
  }

  private async keysOf(orgId: string | null, now: Date): Promise<readonly string[]> {
    const after = this.keys.get(orgId);
    const found = await this.events.dueKeys(orgId, now, after, KEYS);
    const last = found.at(-1);
    if (found.length === KEYS && last !== undefined) this.keys.set(orgId, last);
    else this.keys.delete(orgId);
    return found.length > 0 || after === undefined ? found : this.events.dueKeys(orgId, now, undefined, KEYS);
  }
}
