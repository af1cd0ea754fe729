import { MongooseModule } from '@nestjs/mongoose';
import mongoose, { type Connection, type Schema } from 'mongoose';
import { ApiKeysModule, ApiKeysService, rootCaller } from 'keyward';
import { UsageRecorder } from '../../src/api-keys/usage/usage-recorder';
import type { HttpClient } from '../support/http-client';
import { eventually } from '../support/patience';
import { testDatabaseUri } from '../support/test-database';
import { ADAPTERS, type AdapterName, startHost } from '../support/two-adapters';

const KEYS = '/v1/api-keys';

interface MongooseSetting {
  readonly setting: string;
  /** Changes Mongoose for the whole process. */
  readonly globally?: () => void;
  /** Adds plugins to the connection of the host. */
  readonly connection?: (connection: Connection) => void;
}

const withTimestamps = (schema: Schema): void => void schema.set('timestamps', true);

/** Hides every document that lacks a field of the host. */
function withSoftDeletion(schema: Schema): void {
  schema.add({ isDeleted: { type: Boolean, default: false } });
  schema.pre(/^(find|update|count)/, function hideDeleted(this: unknown) {
    (this as mongoose.Query<unknown, unknown>).where({ isDeleted: false });
  });
}

function withRenamedIds(schema: Schema): void {
  schema.set('toObject', { transform: () => ({ replaced: true }) });
  schema.set('toJSON', { transform: () => ({ replaced: true }) });
  schema.post(/^find/, (found: unknown) => {
    if (typeof found === 'object' && found !== null) Object.assign(found, { scopes: ['*'], orgId: 'globex' });
  });
}

const SETTINGS: readonly MongooseSetting[] = [
  { setting: 'sanitizeFilter', globally: () => mongoose.set('sanitizeFilter', true) },
  { setting: 'sanitizeProjection', globally: () => mongoose.set('sanitizeProjection', true) },
  { setting: 'strictQuery', globally: () => mongoose.set('strictQuery', 'throw') },
  { setting: 'lax schemas', globally: () => mongoose.set('strict', false) },
  { setting: 'no automatic indexes', globally: () => mongoose.set({ autoIndex: false, autoCreate: false }) },
  { setting: 'maxTimeMS', globally: () => mongoose.set('maxTimeMS', 1) },
  { setting: 'other toObject options', globally: () => mongoose.set('toObject', { flattenMaps: true }) },
  { setting: 'a plugin for timestamps', globally: () => mongoose.plugin(withTimestamps) },
  { setting: 'a plugin for soft deletion', globally: () => mongoose.plugin(withSoftDeletion) },
  { setting: 'a plugin that changes found documents', globally: () => mongoose.plugin(withRenamedIds) },
  {
    setting: 'plugins on the connection',
    connection: (connection) =>
      [withTimestamps, withSoftDeletion, withRenamedIds].forEach((plugin) => connection.plugin(plugin)),
  },
];

type Step = readonly [what: string, status: number, seen: unknown];

/** Runs every kind of query as customers of acme and globex. Returns the results. */
async function seenIn(
  adapter: AdapterName,
  { connection }: Partial<MongooseSetting>,
): Promise<readonly Step[]> {
  const host = await startHost(adapter, {
    imports: [
      MongooseModule.forRoot(testDatabaseUri('hostile mongoose'), {
        connectionFactory: (made: Connection) => {
          connection?.(made);
          return made;
        },
      }),
      ApiKeysModule.forRoot({ storage: 'mongo', usage: { storage: 'mongo' }, events: { storage: 'mongo' } }),
    ],
  });
  const steps: Step[] = [];
  const clientOf = async (name: string, scopes: readonly string[], orgId?: string): Promise<HttpClient> => {
    const request = { name, scopes, ...(orgId !== undefined && { orgId }) };
    return host.as((await host.app.get(ApiKeysService).create(rootCaller('system'), request)).token);
  };
  try {
    const root = await clientOf('root', ['*']);
    const acme = await clientOf('acme', ['api-keys:*', 'a:*'], 'acme');
    const globex = await clientOf('globex', ['api-keys:*'], 'globex');
    const made = await acme.post(KEYS, { name: 'worker', scopes: ['a:b'], metadata: { team: 'x' } });
    const { id, token } = made.body as { readonly id: string; readonly token: string };
    steps.push(['create', made.status, [made.body['name'], made.body['scopes'], made.body['orgId']]]);
    const holder = host.as(token);
    const own = await holder.get(`${KEYS}/self`);
    steps.push(['self', own.status, [own.body['scopes'], own.body['orgId'], own.body['metadata']]]);
    for (const query of ['', '?status=active', '?orgId=acme&limit=1']) {
      const { status, body } = await acme.get(KEYS + query);
      steps.push([`list ${query}`, status, (body['data'] as { name: unknown }[]).map(({ name }) => name)]);
    }
    steps.push(['foreign', (await globex.get(`${KEYS}/${id}`)).status, null]);
    const patched = await acme.patch(`${KEYS}/${id}`, { description: 'd', metadata: { grade: 1 } });
    steps.push(['patch', patched.status, [patched.body['description'], patched.body['metadata']]]);
    const verified = await root.post(`${KEYS}/verify`, { token, scopes: ['a:b'], orgId: 'acme' });
    steps.push(['verify', verified.status, verified.body['code']]);
    const rotated = await acme.post(`${KEYS}/${id}/rotate`, { gracePeriodSeconds: 60 });
    steps.push(['rotate', rotated.status, rotated.body['scopes']]);
    await host.app.get(UsageRecorder).flush();
    const usage = await acme.get(`${KEYS}/${id}/usage`);
    steps.push([
      'usage',
      usage.status,
      (usage.body['data'] as { count: unknown }[]).map(({ count }) => count),
    ]);
    steps.push(['revoke', (await acme.delete(`${KEYS}/${id}?reason=done`)).status, null]);
    const history = await acme.get(`${KEYS}/${id}/history`);
    const actions = (history.body['data'] as { action: unknown }[]).map(({ action }) => action);
    steps.push(['history', history.status, actions]);
    steps.push(['afterwards', (await holder.get(`${KEYS}/self`)).status, null]);
    const types = async (): Promise<readonly string[]> => {
      const { body } = await root.get('/v1/events?limit=100');
      return (body['data'] as { type: unknown }[]).map(({ type }) => String(type)).toSorted();
    };
    // The relay copies events to the trail after the answer.
    steps.push(['events', 200, await eventually(types, (seen) => seen.includes('api-key.revoked'))]);
  } finally {
    await host.close();
  }
  return steps;
}

describe.each(ADAPTERS)('the routes of Keyward with MongoDB in a host on %s', (adapter) => {
  let expected: readonly Step[];

  beforeAll(async () => {
    expected = await seenIn(adapter, {});
  });

  it('answer with the documented statuses if Mongoose has its default settings', () => {
    expect(expected.map(([what, status]) => `${what}: ${status}`)).toEqual([
      'create: 201',
      'self: 200',
      'list : 200',
      'list ?status=active: 200',
      'list ?orgId=acme&limit=1: 200',
      'foreign: 404',
      'patch: 200',
      'verify: 200',
      'rotate: 200',
      'usage: 200',
      'revoke: 204',
      'history: 200',
      'afterwards: 401',
      'events: 200',
    ]);
  });

  // Mongoose cannot remove a plugin, so each setting adds to the previous ones.
  it.each(SETTINGS)('return the same responses if the host sets $setting [T91]', async (setting) => {
    setting.globally?.();
    expect(await seenIn(adapter, setting)).toEqual(expected);
  });
});
