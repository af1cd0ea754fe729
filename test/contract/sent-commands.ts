import type { Connection, mongo } from 'mongoose';

/** A read as it went to the server. */
export interface SentFind {
  readonly find: string;
  readonly filter: Filter;
  readonly sort?: ReadonlyMap<string, number> | Readonly<Record<string, number>>;
  readonly projection?: Readonly<Record<string, number>>;
  readonly readConcern?: { readonly level?: string };
}

/** A write as it went to the server. */
export interface SentUpdate {
  readonly update: string;
  readonly updates: readonly { readonly q: Filter; readonly u: UpdateOperators; readonly upsert?: boolean }[];
  readonly writeConcern?: { readonly w?: string | number; readonly j?: boolean };
}

/** A removal as it went to the server. */
export interface SentDelete {
  readonly delete: string;
  readonly deletes: readonly { readonly q: Filter; readonly limit: number }[];
  readonly writeConcern?: SentUpdate['writeConcern'];
}

export type SentCommand = SentFind | SentUpdate | SentDelete;

type Filter = Readonly<Record<string, unknown>>;
type UpdateOperators = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What the driver sends about one collection, in its order. The rest of a batched read is no query of its own. */
export class SentCommands {
  private sent: SentCommand[] = [];

  constructor(connection: Connection, collection: string) {
    connection.getClient().on('commandStarted', ({ command, commandName }: mongo.CommandStartedEvent) => {
      if (Reflect.get(command, commandName) !== collection) return;
      this.sent.push(command as SentCommand);
    });
  }

  /** All that came since the last call. */
  take(): readonly SentCommand[] {
    const taken = this.sent;
    this.sent = [];
    return taken;
  }
}

/** What a query asks of an index. */
export interface QueryShape {
  /** Fields compared for equality. */
  readonly equal: readonly string[];
  /** Fields of which a range is asked for. */
  readonly range: readonly string[];
  /** The order asked for, each field with its direction. */
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

/** What each part of a command asks of an index: a bulk has many. */
export function shapesOf(command: SentCommand): readonly QueryShape[] {
  if ('find' in command) return [shape(command.filter, command.sort)];
  return ('delete' in command ? command.deletes : command.updates).map(({ q }) => shape(q));
}

function shape(filter: Filter, sort: SentFind['sort'] = {}): QueryShape {
  const fields = Object.keys(filter);
  if (fields.some((field) => field.startsWith('$'))) throw new Error('a filter that no index is read for');
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
 * Whether an index finds just the documents of a query, in its order: the fields compared for equality come
 * first, then those of the sort in one direction or against it, and a range is only over the next of them. One
 * equality on `_id` leaves one document, whatever else is asked of it.
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
