import { API_KEY_REPOSITORY, type ApiKeyRepository, type ApiKeyWithHistory } from 'keyward';
import type { TestService } from './service';

/** Returns the store of a service. */
export function storeOf({ app }: Pick<TestService, 'app'>): ApiKeyRepository {
  return app.get<ApiKeyRepository>(API_KEY_REPOSITORY);
}

/** Returns a key with its history from the store of a service. */
export async function storedKey(service: Pick<TestService, 'app'>, id: string): Promise<ApiKeyWithHistory> {
  const found = await storeOf(service).findWithHistory(id);
  if (found === null) throw new Error(`there is no key ${id}`);
  return found;
}
