import type { Connection, mongo } from 'mongoose';

/** A `find` command as sent to the server. */
export interface SentFind {
  readonly find: string;
  readonly filter: Filter;
  readonly sort?: ReadonlyMap<string, number> | Readonly<Record<string, number>>;
  readonly projection?: Readonly<Record<string, number>>;
  readonly readConcern?: { readonly level?: string };
}

/** An `update` command as sent to the server. */
export interface SentUpdate {
  readonly update: string;
  readonly updates: readonly { readonly q: Filter; readonly u: UpdateOperators; readonly upsert?: boolean }[];
  readonly writeConcern?: { readonly w?: string | number; readonly j?: boolean };
}

/** A `delete` command as sent to the server. */
export interface SentDelete {
  readonly delete: string;
  readonly deletes: readonly { readonly q: Filter; readonly limit: number }[];
  readonly writeConcern?: SentUpdate['writeConcern'];
}

export type SentCommand = SentFind | SentUpdate | SentDelete;

type Filter = Readonly<Record<string, unknown>>;
type UpdateOperators = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Records the commands that the driver sends for one collection, in order. `getMore` commands are not recorded. */
export class SentCommands {
  private sent: SentCommand[] = [];

  constructor(connection: Connection, collection: string) {
    connection.getClient().on('commandStarted', ({ command, commandName }: mongo.CommandStartedEvent) => {
      if (Reflect.get(command, commandName) !== collection) return;
      this.sent.push(command as SentCommand);
    });
  }

  /** Returns all commands since the last call. */
  take(): readonly SentCommand[] {
    const taken = this.sent;
    this.sent = [];
    return taken;
  }
}

/** The fields that a query needs from an index. */
export interface QueryShape {
  /** Fields compared for equality. */
  readonly equal: readonly string[];
  /** Fields compared with a range. */
  readonly range: readonly string[];
  /** The sort order, each field with its direction. */
  readonly sort: readonly (readonly [string, number])[];
}

/** An index as the server lists it. */
export interface ServerIndex {
  readonly name: string;
  readonly key: Readonly<Record<string, number>>;
}

export function shapeOf(command: SentCommand): QueryShape {
  const [only, ...more] = shapesOf(command);
  if (only === undefined || more.length > 0) throw new Error('not one update of one document');
  return only;
}

/** Returns what each part of a command needs from an index. A bulk write has one part for each statement. */
export function shapesOf(command: SentCommand): readonly QueryShape[] {
  if ('find' in command) return [shape(command.filter, command.sort)];
  return ('delete' in command ? command.deletes : command.updates).map(({ q }) => shape(q));
}

function shape(filter: Filter, sort: SentFind['sort'] = {}): QueryShape {
  const fields = Object.keys(filter);
  if (fields.some((field) => field.startsWith('$')))
    throw new Error('the index check does not support this filter');
  const range = fields.filter((field) => isRange(filter[field]));
  return {
    equal: fields.filter((field) => !range.includes(field)),
    range,
    sort: [...(sort instanceof Map ? sort.entries() : Object.entries(sort))],
  };
}

function isRange(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.keys(value).some((operator) => operator.startsWith('$'));
}

/**
 * Returns whether an index finds exactly the documents of a query, in the order of its sort. The index must start with
 * the fields compared for equality, then contain the sort fields, in the same or the reverse direction. Only the field
 * after the equality fields can have a range. Any index that starts with `_id` serves a query with equality on `_id`.
 */
export function serves({ key }: Pick<ServerIndex, 'key'>, { equal, range, sort }: QueryShape): boolean {
  const fields = Object.entries(key);
  if (fields[0]?.[0] === '_id' && equal.includes('_id')) return true;
  const leading = fields.slice(0, equal.length).map(([field]) => field);
  const next = fields.slice(equal.length);
  const directions = new Set(sort.map(([, direction], at) => direction * (next[at]?.[1] ?? Number.NaN)));
  return (
    equal.length + range.length + sort.length > 0 &&
    leading.length === equal.length &&
    equal.every((field) => leading.includes(field)) &&
    sort.every(([field], at) => next[at]?.[0] === field) &&
    directions.size <= 1 &&
    range.every((field) => next[0]?.[0] === field)
  );
}
