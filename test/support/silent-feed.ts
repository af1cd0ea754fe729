import { LocalChangeFeed } from '../../src/change-feed/change-feed';

/**
 * Stops the announcements of a memory repository's feed, but not its proofs. So cached keys stay unchanged, even if
 * they change in the store.
 */
export function silence({ changes }: { readonly changes?: unknown }): void {
  if (!(changes instanceof LocalChangeFeed))
    throw new Error('only the feed of a memory repository can be silenced');
  changes.announce = () => undefined;
}
