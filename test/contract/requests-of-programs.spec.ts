import { ApiKeysService } from '../../src/api-keys/management/api-keys.service';
import { KeyUsageService } from '../../src/api-keys/management/key-usage.service';
import { KeyImportService } from '../../src/api-keys/management/import/key-import.service';
import { rootCaller } from '../../src/api-keys/domain/caller';
import type { CreateApiKey } from '../../src/api-keys/domain/new-key';
import type { ApiKey } from '../../src/api-keys/domain/api-key';
import type { EventRepository } from '../../src/api-keys/ports/event.repository';
import { EventsService } from '../../src/events/events.service';
import { memoryRepository } from './opened-repository';

const root = rootCaller('system');
const clock = { now: (): Date => new Date() };
let service: ApiKeysService;
let imports: KeyImportService;

beforeEach(() => {
  const repository = memoryRepository();
  const options = { storage: repository };
  service = new ApiKeysService(repository, options, clock);
  imports = new KeyImportService(repository, options, clock, service);
});

async function made(request: Partial<CreateApiKey> = {}): Promise<ApiKey> {
  const { key } = await service.create(root, { name: 'made', scopes: [], ...request });
  return service.get(root, key.id);
}

/** The error that names these fields, and only these. */
function faults(...fields: readonly string[]): object {
  return {
    code: 'validation_failed',
    extensions: { errors: fields.map((field) => ({ field, message: expect.stringMatching(/\S/) })) },
  };
}

/** Hides the type of a value from the compiler. */
function typeless(value: unknown): never {
  return value as never;
}

describe('a program without type checks', () => {
  it.each<[string, object, string[]]>([
    ['a misspelt organisation', { org: 'acme' }, ['/org']],
    ['a misspelt expiry and limit', { expires: new Date(0), ratelimit: null }, ['/expires', '/ratelimit']],
    ['a scope that no route can require', { scopes: ['Memory Read'] }, ['/scopes']],
    ['a scope that is not in a list', { scopes: 'memory:read' }, ['/scopes']],
    ['an organisation that no route can name', { orgId: 'acme/globex' }, ['/orgId']],
    ['a MongoDB query operator as organisation', { orgId: { $ne: 'acme' } }, ['/orgId']],
    ['an invalid address', { allowedIps: ['localhost'] }, ['/allowedIps']],
    [
      'a misspelt member of a rate limit',
      { rateLimits: [{ name: 'default', limit: 1, seconds: 1 }] },
      ['/rateLimits/0/seconds', '/rateLimits/0/windowSeconds'],
    ],
    ['a date after the year 9999', { expiresAt: new Date(8.64e15) }, ['/expiresAt']],
    ['a number as expiry', { expiresAt: 1_900_000_000_000 }, ['/expiresAt']],
  ])('cannot create or change a key with %s', async (_what, fields, named) => {
    const key = await made({ orgId: 'acme' });
    const request = { name: 'made', scopes: [], ...fields };
    await expect(service.create(root, typeless(request))).rejects.toMatchObject(faults(...named));
    await expect(service.update(root, key.id, typeless(fields))).rejects.toMatchObject(faults(...named));
    await expect(service.list(root, { limit: 10 })).resolves.toEqual({ data: [key], nextCursor: null });
  });

  it.each([undefined, null, 'acme', [], [{ name: 'made', scopes: [] }]])(
    'cannot create a key from the request %j',
    async (request) => {
      await expect(service.create(root, typeless(request))).rejects.toMatchObject({
        code: 'validation_failed',
      });
      await expect(service.list(root, { limit: 10 })).resolves.toMatchObject({ data: [] });
    },
  );

  it('can pass the organisation as a getter of a class when it creates a key', async () => {
    class Request {
      readonly name = 'made';
      readonly scopes = ['memory:read'];
      get orgId(): string {
        return 'acme';
      }
    }
    const { key } = await service.create(root, new Request());
    expect(key).toMatchObject({ orgId: 'acme', scopes: ['memory:read'] });
  });

  it.each<[string, string, (id: string) => Promise<unknown>]>([
    ['change', '/version', async (id) => service.update(root, id, {}, typeless({ version: [9] }))],
    ['change', '/ifVersion', async (id) => service.update(root, id, {}, typeless({ ifVersion: 9 }))],
    ['rotate', '/grace', async (id) => service.rotate(root, id, typeless({ grace: 60 }))],
    ['rotate', '/ifVersion', async (id) => service.rotate(root, id, typeless({ ifVersion: '9' }))],
    ['revoke', '/ifversion', async (id) => service.revoke(root, id, 'leak', typeless({ ifversion: [9] }))],
    ['revoke', '/reason', async (id) => service.revoke(root, id, typeless({ ifVersion: [9] }))],
    ['revoke', '/reason', async (id) => service.revoke(root, id, 'r'.repeat(201))],
  ])('cannot %s a key with an invalid option: %s', async (_verb, named, attempt) => {
    const key = await made();
    await expect(attempt(key.id)).rejects.toMatchObject(faults(named));
    await expect(service.get(root, key.id)).resolves.toEqual(key);
  });

  it.each<[object, string]>([
    [{ org: 'acme' }, '/org'],
    [{ orgId: { $ne: 'globex' } }, '/orgId'],
    [{ ownerId: null }, '/ownerId'],
    [{ cursor: 7 }, '/cursor'],
    [{ status: 'activ' }, '/status'],
    [{ limit: undefined }, '/limit'],
  ])('cannot list keys with an invalid filter: %j', async (filter, named) => {
    await expect(service.list(root, typeless({ limit: 10, ...filter }))).rejects.toMatchObject(faults(named));
  });

  it.each<[object, string]>([
    [{ org: 'acme' }, '/org'],
    [{ orgId: { $ne: 'globex' } }, '/orgId'],
    [{ from: '2026-11-01' }, '/from'],
    [{ type: 'api-key.creatd' }, '/type'],
    [{ to: new Date('someday') }, '/to'],
  ])('cannot list events with an invalid filter: %j', async (filter, named) => {
    const list = jest.fn();
    const events = new EventsService({ list } as Partial<EventRepository> as EventRepository);
    await expect(events.list(root, typeless({ limit: 10, ...filter }))).rejects.toMatchObject(faults(named));
    expect(list).not.toHaveBeenCalled();
  });

  it('cannot read usage with a misspelt field in the time range', async () => {
    const usage = new KeyUsageService(service, null, clock);
    const { id } = await made();
    await expect(usage.of(root, id, typeless({ since: new Date() }))).rejects.toMatchObject(faults('/since'));
  });

  it('cannot import a key with a misspelt option', async () => {
    const options = typeless({ applyRevocation: true });
    await expect(imports.import(root, {}, 1, options)).rejects.toMatchObject(faults('/applyRevocation'));
  });

  it.each(['root', {}, undefined, null, rootCaller, { ...root, scopes: '*' }, rootCaller('')])(
    'gets a misuse error that names rootCaller and callerOf for invalid caller %#',
    async (caller) => {
      const { id } = await made();
      const misuse = { code: 'misuse', message: expect.stringContaining('rootCaller(name), callerOf(key)') };
      const by = typeless(caller);
      const attempts = await Promise.allSettled([
        service.create(by, { name: 'made', scopes: [] }),
        service.get(by, id),
        service.list(by, { limit: 1 }),
        service.history(by, id),
        service.update(by, id, { name: 'x' }),
        service.rotate(by, id),
        service.revoke(by, id),
        imports.import(by, {}, 1),
        new EventsService(null).list(by, { limit: 1 }),
      ]);
      for (const attempt of attempts) expect(attempt).toMatchObject({ status: 'rejected', reason: misuse });
    },
  );

  it('gets an error message that lists every invalid field', async () => {
    await expect(made(typeless({ org: 'acme', scopes: 'x' }))).rejects.toThrow(
      /\/org is not a known field; \/scopes must be|\/scopes must be .*; \/org is not a known field/,
    );
  });

  it('gets an error message without the field name if that is a token or has a line break', async () => {
    const { token } = await service.create(root, { name: 'made', scopes: [] });
    const error: unknown = await made(typeless({ [token]: 1, 'a\nb': 2 })).catch((thrown: unknown) => thrown);
    expect((error as Error).message).toMatch(/a field is not a known field/);
    expect((error as Error).message).not.toMatch(new RegExp(`${token}|\\n`));
  });

  it('cannot list keys with a filter object that a class returns from a getter', async () => {
    class Query {
      readonly limit = 10;
      get orgId(): unknown {
        return { $gt: '' };
      }
    }
    await expect(service.list(root, typeless(new Query()))).rejects.toMatchObject(faults('/orgId'));
  });

  it('gets not_found if it passes a list instead of a key id', async () => {
    const { id } = await made();
    await expect(service.get(root, typeless([id]))).rejects.toMatchObject({ code: 'not_found' });
  });
});
