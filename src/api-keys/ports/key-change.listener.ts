import type { ApiKeyWithHistory } from '../domain/api-key';

/** Hears of each change of a key right after it was stored, in the process that made the change. */
export interface KeyChangeListener {
  /** Must not throw: the change is stored already. */
  changed(key: ApiKeyWithHistory): void;
}

/** The injection token of the {@link KeyChangeListener}; optional. */
export const KEY_CHANGE_LISTENER = Symbol('keyward:key-change-listener');
