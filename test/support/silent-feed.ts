import { LocalChangeFeed } from '../../src/change-feed/change-feed';

/**
 * Makes the feed of a repository in memory announce nothing more, and still prove everything: what a process keeps of
 * the store then stays as it is, whatever changes in the store.
 */
export function silence({ changes }: { readonly changes?: unknown }): void {
  if (!(changes instanceof LocalChangeFeed)) throw new Error('only a repository in memory can be silenced');
  changes.announce = () => undefined;
}
