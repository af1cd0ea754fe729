import type { ApiKeyWithHistory } from '../domain/api-key';

/** A listener that is called after each stored change of a key, in the process that made the change. */
export interface KeyChangeListener {
  /** Must not throw, because the change is already stored. */
  changed(key: ApiKeyWithHistory): void;
}

/** The injection token of the {@link KeyChangeListener}; optional. */
export const KEY_CHANGE_LISTENER = Symbol('keyward:key-change-listener');
