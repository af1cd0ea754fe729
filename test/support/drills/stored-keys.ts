import { mongo } from 'mongoose';

/** A key as stored in the database. */
export interface StoredKey {
  readonly _id: string;
  readonly name: string;
  readonly ownerId?: string;
  readonly revokedAt?: Date;
  readonly scopes: readonly string[];
  readonly secrets: readonly { readonly hash: string; readonly createdAt: Date; readonly retiresAt?: Date }[];
  readonly history: readonly {
    readonly changeId: string;
    readonly action: string;
    readonly version: number;
  }[];
  readonly historyDropped: number;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly changedAt: Date;
}

interface StoredUser {
  readonly _id: string;
}

interface StoredSlots {
  readonly _id: string;
  readonly slots: readonly { readonly keyId: string; readonly at: Date }[];
}

interface StoredEvent {
  readonly _id: string;
}

const HASH = /^[0-9a-f]{64}$/;

/** Reads the database of a drill directly, without the service. */
export class StoredKeys {
  private readonly client: mongo.MongoClient;

  constructor(uri: string) {
    this.client = new mongo.MongoClient(uri);
  }

  async keys(): Promise<ReadonlyMap<string, StoredKey>> {
    const found = await this.client
      .db()
      .collection<StoredKey>('api_keys')
      .find({ _id: { $gte: '0' } })
      .toArray();
    return new Map(found.map((key) => [key._id, key]));
  }

  async users(): Promise<readonly StoredUser[]> {
    return this.client
      .db()
      .collection<StoredUser>('users')
      .find({ _id: { $gte: '0' } })
      .toArray();
  }

  /** Returns the ids of the keys in the slots of an owner. */
  async slotsOf(ownerId: string): Promise<readonly string[]> {
    const subjects = this.client.db().collection<StoredSlots>('key_slots');
    const found = await subjects.findOne({ _id: `owner:${ownerId}` });
    return (found?.slots ?? []).map(({ keyId }) => keyId);
  }

  async eventIds(): Promise<ReadonlySet<string>> {
    const found = await this.client.db().collection<StoredEvent>('events').find().toArray();
    return new Set(found.map(({ _id }) => _id));
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}

/** Returns what is missing or inconsistent in a record. The list is empty for a complete record. */
export function shortcomingsOf(key: StoredKey): readonly string[] {
  const versions = key.history.map(({ version }) => version);
  const current = key.secrets.filter(({ retiresAt }) => retiresAt === undefined);
  const faults: Readonly<Record<string, boolean>> = {
    'no name': typeof key.name !== 'string',
    'no scopes': !Array.isArray(key.scopes),
    'not exactly one current secret': current.length !== 1 || key.secrets.at(-1) !== current[0],
    'a secret that is not a hash': !key.secrets.every(({ hash }) => HASH.test(hash)),
    'a history without a creation': key.history[0]?.action !== 'created',
    'a history with gaps': versions.some((version, index) => version !== index + 1),
    'a version without its history entry': versions.at(-1) !== key.version || key.historyDropped !== 0,
    'a change twice': new Set(key.history.map(({ changeId }) => changeId)).size !== versions.length,
    'a rotation without its secret':
      key.history.filter(({ action }) => action === 'rotated').length !== 0 &&
      key.secrets.length !== 1 + Math.min(5, key.history.filter(({ action }) => action === 'rotated').length),
    'no date': ![key.createdAt, key.updatedAt, key.changedAt].every((date) => date instanceof Date),
  };
  return Object.entries(faults)
    .filter(([, isSo]) => isSo)
    .map(([fault]) => `${key._id} has ${fault}`);
}

/** Returns the ids of the events that must exist for the changes of a key. */
export function eventsOf({ _id, version }: StoredKey): readonly string[] {
  return Array.from({ length: version }, (_none, index) => `${_id}-${index + 1}`);
}
