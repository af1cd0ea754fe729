import type { ApiKeyRepository } from '../api-keys/storage/api-key.repository';
import { CHANGE_CASES } from './contract/change.cases';
import { LIST_CASES } from './contract/list.cases';
import { RACE_CASES } from './contract/race.cases';
import { STORED_KEY_CASES } from './contract/stored-key.cases';

/** One check of {@link apiKeyRepositoryContract}. */
export interface RepositoryCase {
  /** What a repository guarantees, as a sentence. Different for each case. */
  readonly title: string;
  /**
   * Opens a repository, prepares it and checks it.
   *
   * @throws AssertionError if the repository does not do what the title says
   */
  readonly run: () => Promise<void>;
}

/**
 * Returns checks of what every `ApiKeyRepository` guarantees. The repositories of Keyward pass the same ones. They need no
 * test framework: pass each title and `run` to yours.
 *
 * @param open returns an empty repository, a new one at each call. Every case calls it once, and `prepare` of its result
 * @example
 * for (const { title, run } of apiKeyRepositoryContract(async () => new FileRepository(await emptyFolder()))) {
 *   it(title, run);
 * }
 */
export function apiKeyRepositoryContract(open: () => Promise<ApiKeyRepository>): RepositoryCase[] {
  const cases = { ...STORED_KEY_CASES, ...CHANGE_CASES, ...LIST_CASES, ...RACE_CASES };
  return Object.entries(cases).map(([title, check]) => ({
    title,
    run: async () => {
      const repository = await open();
      await repository.prepare();
      await check(repository);
    },
  }));
}
