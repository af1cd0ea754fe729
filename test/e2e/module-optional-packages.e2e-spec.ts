import {
  ApiKeysModule,
  type ApiKeysModuleOptions,
  ApiKeysService,
  ConfigurationError,
  rootCaller,
} from 'keyward';
import { MemoriesController } from '../support/memories-host';
import { ADAPTERS, refusalOf, startHost } from '../support/two-adapters';

/** Fails as Node does for a package that is not installed. A function that Jest can hoist above the imports. */
function mockMissing(name: string): never {
  throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' });
}

jest.mock('@nestjs/swagger', () => mockMissing('@nestjs/swagger'));
jest.mock('prom-client', () => mockMissing('prom-client'));
jest.mock('ioredis', () => mockMissing('ioredis'));
jest.mock('@nestjs/event-emitter', () => mockMissing('@nestjs/event-emitter'));

const SYSTEM = rootCaller('system');

const hostWith = (options: Partial<ApiKeysModuleOptions>): Parameters<typeof startHost>[1] => ({
  imports: [ApiKeysModule.forRoot({ storage: 'memory', ...options })],
  controllers: [MemoriesController],
});

describe.each(ADAPTERS)(
  'a host on %s without @nestjs/swagger, prom-client and the other optional packages',
  (adapter) => {
    it('can guard its routes and manage keys with ApiKeysService if routes is false', async () => {
      const host = await startHost(adapter, hostWith({ routes: false }));
      const keys = host.app.get(ApiKeysService);
      const [acme, globex] = await Promise.all(
        ['acme', 'globex'].map(async (orgId) =>
          keys.create(SYSTEM, { name: orgId, scopes: ['memory:read'], orgId }),
        ),
      );
      const path = '/orgs/acme/projects/apollo/memories';
      const answers = async (): Promise<number[]> =>
        Promise.all(
          [acme, globex, undefined].map(async (key) => (await host.as(key?.token).get(path)).status),
        );
      expect(await answers()).toEqual([200, 403, 401]);

      const id = acme?.key.id ?? '';
      expect(await keys.update(SYSTEM, id, { name: 'renamed' })).toMatchObject({
        name: 'renamed',
        orgId: 'acme',
      });
      await expect(keys.update(SYSTEM, id, { name: '' })).rejects.toThrow();
      const rotated = await keys.rotate(SYSTEM, id);
      expect(await answers()).toEqual([401, 403, 401]);
      expect((await host.as(rotated.token).get(path)).status).toBe(200);
      await keys.revoke(SYSTEM, id);
      expect((await host.as(rotated.token).get(path)).status).toBe(401);
      expect((await host.as(globex?.token).get('/v1/api-keys/self')).status).toBe(404);
      await host.close();
    });

    it.each([[{}], [{ routes: true }]])('cannot start with the routes of Keyward: %j', async (options) => {
      const refusal = await refusalOf(adapter, hostWith(options));
      expect(refusal).toBeInstanceOf(ConfigurationError);
      expect(refusal.message).toMatch(/^[^\n]+ run npm install @nestjs\/swagger, or set routes: false\.$/);
    });
  },
);
