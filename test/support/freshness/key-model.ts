/** A current or previous token of a key. Times are from `performance.now()`. */
export interface ModelSecret {
  readonly token: string;
  /** The earliest and the latest time at which its grace period can end. `undefined` for the current token. */
  readonly retires?: { readonly earliest: number; readonly latest: number };
}

/** The properties of a key on which decisions depend. */
export interface KeyState {
  readonly isRevoked: boolean;
  readonly isEnabled: boolean;
  readonly scopes: readonly string[];
  readonly orgId: string;
  /** The current token, then the last five previous tokens, newest first. */
  readonly secrets: readonly ModelSecret[];
}

interface Entry<S> {
  readonly state: S;
  /** The time at which the change was sent. From then on, this can be the current state. */
  readonly sentAt: number;
  /** The time at which the change was acknowledged. From then on, this is the current state. */
  acknowledgedAt: number;
}

const FORGET_AFTER_MS = 30_000;

/** The states of a key or an owner over time, as known to the only caller that changes it. */
export class History<S> {
  private entries: Entry<S>[];

  constructor(state: S) {
    this.entries = [{ state, sentAt: -Infinity, acknowledgedAt: -Infinity }];
  }

  get current(): S {
    const newest = this.entries.at(-1);
    if (newest === undefined) throw new Error('a history must not be empty');
    return newest.state;
  }

  /**
   * Applies a change. Changes of one history must not overlap.
   *
   * @param change returns the state after the acknowledged change
   */
  async change(expected: S, change: () => Promise<S>): Promise<void> {
    const entry = { state: expected, sentAt: performance.now(), acknowledgedAt: Infinity };
    this.entries.push(entry);
    const state = await change();
    const acknowledgedAt = performance.now();
    this.entries[this.entries.indexOf(entry)] = { ...entry, state, acknowledgedAt };
    this.entries = this.entries.filter(
      (_each, at) => (this.entries[at + 1]?.acknowledgedAt ?? Infinity) > acknowledgedAt - FORGET_AFTER_MS,
    );
  }

  /** Returns all states that are possible at some time between `from` and `to`. */
  between(from: number, to: number): readonly S[] {
    return this.entries
      .filter(({ sentAt }, at) => sentAt <= to && (this.entries[at + 1]?.acknowledgedAt ?? Infinity) >= from)
      .map(({ state }) => state);
  }
}

/** A request for a decision about a token. */
export interface Question {
  readonly token: string;
  readonly scope: string;
  readonly orgId: string;
}

/**
 * Returns the documented decision for a request between `from` and `to`, or two decisions if a grace period may end
 * then.
 */
export function decisionsOf(
  { isRevoked, isEnabled, scopes, orgId, secrets }: KeyState,
  ownerActive: boolean,
  asked: Question,
  { from, to }: { readonly from: number; readonly to: number },
): readonly string[] {
  const secret = secrets.find(({ token }) => token === asked.token);
  if (secret === undefined) return ['NOT_FOUND'];
  const { earliest, latest } = secret.retires ?? { earliest: Infinity, latest: Infinity };
  const rotated = to >= earliest ? ['ROTATED'] : [];
  return from > latest ? rotated : [...rotated, good()];

  function good(): string {
    if (isRevoked) return 'REVOKED';
    if (!isEnabled) return 'DISABLED';
    if (!ownerActive) return 'OWNER_DISABLED';
    if (!scopes.includes(asked.scope)) return 'INSUFFICIENT_SCOPE';
    return orgId === asked.orgId ? 'VALID' : 'BINDING_MISMATCH';
  }
}
