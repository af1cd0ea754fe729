/** A token of a key, as a rotation left it. Moments are by `performance.now()`. */
export interface ModelSecret {
  readonly token: string;
  /** Between these its time ended; not at all where it is current. */
  readonly retires?: { readonly earliest: number; readonly latest: number };
}

/** What is known of a key, as far as decisions go. */
export interface KeyState {
  readonly isRevoked: boolean;
  readonly isEnabled: boolean;
  readonly scopes: readonly string[];
  readonly orgId: string;
  /** The current one first, then the last five that retired. */
  readonly secrets: readonly ModelSecret[];
}

interface Entry<S> {
  readonly state: S;
  /** From this moment on it may be the current one: the change was sent. */
  readonly sentAt: number;
  /** From this moment on it is, and the one before it no longer: the change was acknowledged. */
  acknowledgedAt: number;
}

const FORGET_AFTER_MS = 30_000;

/** What something was, and when, as somebody knows who makes all its changes. */
export class History<S> {
  private entries: Entry<S>[];

  constructor(state: S) {
    this.entries = [{ state, sentAt: -Infinity, acknowledgedAt: -Infinity }];
  }

  get current(): S {
    const newest = this.entries.at(-1);
    if (newest === undefined) throw new Error('a history is never empty');
    return newest.state;
  }

  /** Has a change made, one at a time. @param change gives the state after the change once it is acknowledged */
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

  /** All that it may have been at some moment between these. */
  between(from: number, to: number): readonly S[] {
    return this.entries
      .filter(({ sentAt }, at) => sentAt <= to && (this.entries[at + 1]?.acknowledgedAt ?? Infinity) >= from)
      .map(({ state }) => state);
  }
}

/** What somebody asks about a token. */
export interface Question {
  readonly token: string;
  readonly scope: string;
  readonly orgId: string;
}

/** The decision as the documentation describes it, which may be one of two about the moment a grace period ends. */
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
