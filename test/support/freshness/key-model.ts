/** A token of a key after a rotation. Moments are from `performance.now()`. */
export interface ModelSecret {
  readonly token: string;
  /** Its grace period ended between these moments. `undefined` for the current token. */
  readonly retires?: { readonly earliest: number; readonly latest: number };
}

/** The properties of a key that decisions depend on. */
export interface KeyState {
  readonly isRevoked: boolean;
  readonly isEnabled: boolean;
  readonly scopes: readonly string[];
  readonly orgId: string;
  /** The current token first, then the last five that retired. */
  readonly secrets: readonly ModelSecret[];
}

interface Entry<S> {
  readonly state: S;
  /** From this moment on it may be the current state, because the change was sent. */
  readonly sentAt: number;
  /** From this moment on it is the current state, because the change was acknowledged. */
  acknowledgedAt: number;
}

const FORGET_AFTER_MS = 30_000;

/** The states of something over time, as known to the only caller that changes it. */
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

  /** Applies a change, one at a time. @param change returns the state after the acknowledged change */
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

  /** Returns all states that are possible at some moment between these. */
  between(from: number, to: number): readonly S[] {
    return this.entries
      .filter(({ sentAt }, at) => sentAt <= to && (this.entries[at + 1]?.acknowledgedAt ?? Infinity) >= from)
      .map(({ state }) => state);
  }
}

/** A question about a token. */
export interface Question {
  readonly token: string;
  readonly scope: string;
  readonly orgId: string;
}

/** Returns the documented decision. There may be two when a grace period ends at about this moment. */
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
