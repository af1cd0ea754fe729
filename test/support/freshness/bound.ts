import { mongo } from 'mongoose';

const SHORTEST_MS = 1000;
const LONGEST_MS = 10_000;
/** The number of operations that are not measured, because the first ones of a new server are slower. */
const WARM_UP = 20;
const SAMPLES = 40;
/**
 * The number of operations that must fit into the bound: a proof of freshness takes several, and is renewed several
 * times.
 */
const OPERATIONS = 40;

/**
 * Returns a revocation bound that instances on this machine can keep while they answer from the cache. It is one
 * second, or up to 10 s if database operations are slow. With a bound that is too short, instances would read each key
 * from the database, and the trials would not test the cache.
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
