import { mongo } from 'mongoose';

const SHORTEST_MS = 1000;
const LONGEST_MS = 10_000;
/** The first operations of a new server are slower. */
const WARM_UP = 20;
const SAMPLES = 40;
/** A proof of freshness takes several operations, and must be renewed several times within the bound. */
const OPERATIONS = 40;

/**
 * Returns the revocation bound that this machine can keep while it answers from the cache: a second, or longer if
 * operations on the database are slow. With a bound that is too short for the machine, instances would read each key
 * from the database, and the trials would prove nothing about the cache.
 */
export async function feasibleBound(uri: string): Promise<number> {
  const client = new mongo.MongoClient(uri);
  const notes = client.db().collection<{ _id: string; count: number }>('samples');
  const times: number[] = [];
  for (let sample = 0; sample < WARM_UP + SAMPLES; sample += 1) {
    const from = performance.now();
    await notes.updateOne({ _id: 'sample' }, { $inc: { count: 1 } }, { upsert: true });
    times.push(performance.now() - from);
  }
  await client.close();
  const slow = times.slice(WARM_UP).toSorted((one, other) => one - other)[Math.floor(SAMPLES * 0.9)] ?? 0;
  return Math.round(Math.min(LONGEST_MS, Math.max(SHORTEST_MS, OPERATIONS * slow)));
}
