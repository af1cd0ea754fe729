import type { Connection, mongo } from 'mongoose';
import type { FeedTarget } from '../../src/change-feed/change-feed';
import { MongoChangePoll } from '../../src/change-feed/mongo-change-poll';
import { MongoHeartbeat, type WatchedDocument } from '../../src/change-feed/mongo-heartbeat';
import { type SentCommand, SentCommands, serves, type ServerIndex, shapeOf } from './sent-commands';

/** A query of the change feed, and the index that serves it. */
export interface FeedQuery {
  readonly what: string;
  readonly index: string | undefined;
  readonly concern: object | undefined;
}

/** The commands that a polling change feed sends from its start to its end, each with its index and its concern. */
export const FEED_QUERIES: readonly FeedQuery[] = [
  // A heartbeat is not a record, so nothing depends on its durability. A write to the journals of a majority, four
  // times in each bound, would be the most expensive operation of an idle instance.
  { what: 'update', index: '_id_', concern: { w: 1 } },
  { what: 'find', index: '_id_', concern: { level: 'majority' } },
  { what: 'delete', index: '_id_', concern: { w: 1 } },
  { what: 'update', index: '_id_', concern: { w: 1 } },
  { what: 'find', index: 'changedAt_1', concern: { level: 'majority' } },
  { what: 'delete', index: '_id_', concern: { w: 1 } },
];

/**
 * The fields by which the sweep of old heartbeats filters without an index. There is only one heartbeat for each
 * instance.
 */
const FILTERED: ReadonlySet<string> = new Set(['changedAt']);

/**
 * Runs a feed until its first proof, and ends it. Returns what it sent: its heartbeats, the polls, the sweep of old
 * heartbeats, and the removal of its own.
 */
export async function sentByFeed(
  connection: Connection,
  collection: string,
  indexes: readonly ServerIndex[],
): Promise<readonly FeedQuery[]> {
  const documents = connection.getClient().db().collection<WatchedDocument>(collection);
  const sent = new SentCommands(connection, collection);
  await pollUntilProven(documents);
  return sent.take().map((command) => {
    const what = 'find' in command ? 'find' : 'delete' in command ? 'delete' : 'update';
    const concern = 'find' in command ? command.readConcern : command.writeConcern;
    return { what, index: indexes.find((index) => serving(index, command))?.name, concern };
  });
}

async function pollUntilProven(documents: mongo.Collection<WatchedDocument>): Promise<void> {
  const heartbeat = new MongoHeartbeat(documents);
  const end = new AbortController();
  const target: FeedTarget = {
    changed: () => undefined,
    everythingChanged: () => undefined,
    proven: () => end.abort(),
    troubled: (error) => {
      throw error;
    },
  };
  await new MongoChangePoll(documents, heartbeat, 40).follow(target, end.signal);
  await heartbeat.remove();
}

function serving(index: ServerIndex, command: SentCommand): boolean {
  const { equal, range, sort } = shapeOf(command);
  const left = 'delete' in command ? range.filter((field) => !FILTERED.has(field)) : range;
  return serves(index, { equal, range: left, sort });
}
