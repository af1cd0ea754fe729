import { apiKeyRepositoryContract } from 'keyward/testing';
import { describeServiceRaces } from './service-races.contract';
import type { OpenedRepository } from './opened-repository';

/**
 * Checks what every store of API keys guarantees, alone and below the service.
 *
 * @param open returns an empty store, a new one each time
 */
export function describeApiKeyRepository(open: () => Promise<OpenedRepository>): void {
  let opened: OpenedRepository | undefined;

  const openedRepository = async (): Promise<OpenedRepository['repository']> => {
    opened = await open();
    return opened.repository;
  };

  afterEach(async () => {
    await opened?.close();
    opened = undefined;
  });

  describe('the contract of keyward/testing [T17]', () => {
    for (const { title, run } of apiKeyRepositoryContract(openedRepository)) it(title, run);
  });

  describe('the service during concurrent changes', () => {
    describeServiceRaces(openedRepository);
  });
}
