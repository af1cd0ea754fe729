import type { ApiKeyWithHistory } from '../domain/api-key';

/** Is called after each stored change of a key, in the process that made it. */
export interface KeyChangeListener {
  /** Must not throw: the change is stored already. */
  changed(key: ApiKeyWithHistory): void;
}

/** The injection token of the {@link KeyChangeListener}; optional. */
export const KEY_CHANGE_LISTENER = Symbol('keyward:key-change-listener');
