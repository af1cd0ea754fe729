import type { Connection, mongo } from 'mongoose';

type Fields = Readonly<Record<string, unknown>>;

/** A read or a write of one document, as sent to the server. */
export interface SentUserCommand {
  readonly kind: 'read' | 'write';
  readonly filter: Fields;
  readonly sort: readonly (readonly [field: string, direction: number])[];
  /** The update operators of a write. Empty for a read. */
  readonly change: Readonly<Record<string, Fields>>;
  readonly concern: Fields | undefined;
}

/** An index as the server lists it. */
export interface UserIndex {
  readonly name: string;
  readonly key: Readonly<Record<string, number>>;
  readonly unique?: boolean;
}

/** Records the commands that the driver sends for users, in order. */
export class SentUserCommands {
  private sent: SentUserCommand[] = [];

  constructor(connection: Connection) {
    connection.getClient().on('commandStarted', ({ command, commandName }: mongo.CommandStartedEvent) => {
      // Users are never deleted. Heartbeats are, and `feed-queries` checks those.
      if (Reflect.get(command, commandName) === 'users' && commandName !== 'delete')
        this.sent.push(read(command));
    });
  }

  /** Returns all commands since the last call. */
  take(): readonly SentUserCommand[] {
    const taken = this.sent;
    this.sent = [];
    return taken;
  }
}

function read(command: mongo.Document): SentUserCommand {
  if ('find' in command) {
    const {
      filter,
      sort = {},
      readConcern,
    } = command as {
      filter: Fields;
      sort?: ReadonlyMap<string, number> | Readonly<Record<string, number>>;
      readConcern?: Fields;
    };
    const order = sort instanceof Map ? [...sort.entries()] : Object.entries(sort as Record<string, number>);
    return { kind: 'read', filter, sort: order, change: {}, concern: readConcern };
  }
  const { updates, writeConcern } = command as {
    updates?: readonly { q: Fields; u: Readonly<Record<string, Fields>>; multi?: boolean }[];
    writeConcern?: Fields;
  };
  const [only, ...more] = updates ?? [];
  if (only === undefined || more.length > 0 || only.multi === true) {
    throw new Error(`neither a find nor one update of one document: ${Object.keys(command)[0]}`);
  }
  return { kind: 'write', filter: only.q, sort: [], change: only.u, concern: writeConcern };
}

/**
 * Returns whether an index finds exactly the documents of a command, in the order of its sort. A unique index does so
 * if every field is compared for equality. Any other index must start with the fields compared for equality, then
 * contain the sort fields. Only the field after the equality fields can have a range.
 *
 * @param filtered fields that the server compares in each document, without the index
 */
export function servesUsers(
  { name, key, unique }: UserIndex,
  { filter, sort }: Pick<SentUserCommand, 'filter' | 'sort'>,
  filtered: readonly string[] = [],
): boolean {
  const asked = Object.keys(filter).filter((field) => !filtered.includes(field));
  const equal = asked.filter((field) => !isRange(filter[field]));
  const fields = Object.keys(key);
  if ((unique === true || name === '_id_') && fields.every((field) => equal.includes(field))) return true;
  const next = fields.slice(equal.length);
  return (
    asked.length + sort.length > 0 &&
    fields.slice(0, equal.length).every((field) => equal.includes(field)) &&
    fields.length >= equal.length &&
    sort.every(([field], at) => next[at] === field) &&
    new Set(sort.map(([field, direction]) => direction * (key[field] ?? Number.NaN))).size <= 1 &&
    asked.every((field) => equal.includes(field) || field === next[0])
  );
}

function isRange(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).some((operator) => operator.startsWith('$'))
  );
}
