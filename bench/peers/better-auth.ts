/**
 * The parts of better-auth and its API-key plugin that the bench uses. The package is not installed when this file is
 * compiled.
 */
interface BetterAuth {
  readonly api: {
    createApiKey(request: { readonly body: object }): Promise<{ readonly key: string }>;
    verifyApiKey(request: { readonly body: object }): Promise<{ readonly valid: boolean }>;
  };
}

const PERMISSIONS = { memory: ['read'] };

/**
 * Sets up better-auth with this many keys in its memory adapter. Its rate limit is off, because Keyward's keys have
 * none.
 *
 * @returns a function that verifies the keys one after the other, by better-auth's own server call
 */
export async function betterAuthWith(
  load: (name: string) => unknown,
  count: number,
): Promise<(index: number) => Promise<void>> {
  const { betterAuth } = load('better-auth') as { betterAuth: (options: object) => BetterAuth };
  const { apiKey } = load('@better-auth/api-key') as { apiKey: (options: object) => object };
  const { memoryAdapter } = load('better-auth/adapters/memory') as {
    memoryAdapter: (tables: object) => object;
  };
  const now = new Date();
  const user = { id: 'alice', name: 'Alice', email: 'alice@acme.example', emailVerified: true };
  const tables = {
    user: [{ ...user, createdAt: now, updatedAt: now }],
    session: [],
    account: [],
    verification: [],
    apikey: [],
  };
  const { api } = betterAuth({
    database: memoryAdapter(tables),
    secret: 'a secret that is of no use outside of this process',
    baseURL: 'http://127.0.0.1',
    telemetry: { enabled: false },
    logger: { disabled: true },
    plugins: [apiKey({ rateLimit: { enabled: false } })],
  });
  const keys: string[] = [];
  for (let made = 0; made < count; made += 1) {
    const body = { userId: user.id, name: 'nightly import', permissions: PERMISSIONS };
    keys.push((await api.createApiKey({ body })).key);
  }
  return async (index) => {
    const body = { key: keys[index % count], permissions: PERMISSIONS };
    if (!(await api.verifyApiKey({ body })).valid) throw new Error('better-auth rejected its own key');
  };
}
