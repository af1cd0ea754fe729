import { EventEmitter } from 'node:events';
import { mongo } from 'mongoose';
import { MongoDeployment } from './mongo-deployment';
import { StorageUnavailableError } from '../problems/storage.errors';

interface Member {
  readonly address?: string;
  readonly type: string;
  readonly electionId?: mongo.ObjectId;
  readonly setVersion?: number;
}

const FIRST_TERM = new mongo.ObjectId();
const SECOND_TERM = new mongo.ObjectId();
const PRIMARY: Member = { address: 'a:1', type: 'RSPrimary', electionId: FIRST_TERM, setVersion: 1 };
const UNKNOWN: Member = { address: 'a:1', type: 'Unknown' };

/** A driver's client whose server answers each command by its name. */
function clientOf(answers: Readonly<Record<string, mongo.Document | Error>>): {
  readonly client: mongo.MongoClient & EventEmitter;
  readonly asked: string[];
} {
  const asked: string[] = [];
  const command = async (sent: mongo.Document): Promise<mongo.Document> => {
    const [name = ''] = Object.keys(sent);
    asked.push(name);
    const answer = answers[name] ?? new mongo.MongoServerError({ message: 'no such command', code: 59 });
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const client = Object.assign(new EventEmitter(), { db: () => ({ command }) });
  return { client: client as unknown as mongo.MongoClient & EventEmitter, asked };
}

const topology = (...members: readonly Member[]): object => ({
  servers: new Map(members.map((member) => [member.address, member])),
});

describe('the kind of a deployment', () => {
  it.each<[string, Record<string, mongo.Document>, string]>([
    ['a mongos', { hello: { msg: 'isdbgrid' } }, 'sharded cluster'],
    ['a member of a replica set', { hello: { setName: 'rs0', isWritablePrimary: true } }, 'replica set'],
    ['a lone server', { hello: { isWritablePrimary: true } }, 'standalone'],
    ['a member that knows only the old command', { isMaster: { setName: 'rs0' } }, 'replica set'],
    ['a mongos that knows only the old command', { isMaster: { msg: 'isdbgrid' } }, 'sharded cluster'],
  ])('is read once, from the response of %s', async (_what, answers, kind) => {
    const { client, asked } = clientOf(answers);
    const deployment = new MongoDeployment(client, 'keyward');
    expect(deployment.known).toBeUndefined();
    await expect(deployment.kind()).resolves.toBe(kind);
    const questions = asked.length;
    await expect(deployment.kind()).resolves.toBe(kind);
    expect([deployment.known, asked.length]).toEqual([kind, questions]);
  });

  it('is unknown if the server does not answer, and is read again on the next call', async () => {
    const answers: Record<string, mongo.Document | Error> = { hello: new mongo.MongoNetworkError('reset') };
    const { client } = clientOf(answers);
    const deployment = new MongoDeployment(client, 'keyward');
    await expect(deployment.kind()).rejects.toThrow(StorageUnavailableError);
    answers['hello'] = { setName: 'rs0' };
    await expect(deployment.kind()).resolves.toBe('replica set');
  });
});

describe('a new primary', () => {
  function changes(...steps: readonly (readonly Member[])[]): number[] {
    const { client } = clientOf({});
    let elected = 0;
    const stop = new MongoDeployment(client, 'keyward').watchPrimary(() => (elected += 1));
    const counts: number[] = [];
    for (const [index, members] of steps.entries()) {
      if (index === 0) continue;
      client.emit('topologyDescriptionChanged', {
        previousDescription: topology(...(steps[index - 1] ?? [])),
        newDescription: topology(...members),
      });
      counts.push(elected);
    }
    stop();
    expect(client.listenerCount('topologyDescriptionChanged')).toBe(0);
    return counts;
  }

  const other: Member = { ...PRIMARY, address: 'b:1', electionId: SECOND_TERM };
  const secondary: Member = { address: 'a:1', type: 'RSSecondary' };

  it.each<[string, readonly (readonly Member[])[], readonly number[]]>([
    ['another member', [[PRIMARY], [secondary], [secondary, other]], [0, 1]],
    ['the same member in another term', [[PRIMARY], [{ ...PRIMARY, electionId: SECOND_TERM }]], [1]],
    ['the primary of a reconfigured replica set', [[PRIMARY], [{ ...PRIMARY, setVersion: 2 }]], [1]],
    ['the first known primary', [[UNKNOWN], [PRIMARY]], [1]],
    [
      'the primary of a replica set that replaces a standalone server',
      [[{ ...UNKNOWN, type: 'Standalone' }], [PRIMARY]],
      [1],
    ],
  ])('is %s', (_what, steps, expected) => {
    expect(changes(...steps)).toEqual(expected);
  });

  it.each<[string, readonly (readonly Member[])[]]>([
    ['the same primary after a lost connection', [[PRIMARY], [UNKNOWN], [PRIMARY]]],
    [
      'the same primary with a new secondary',
      [[PRIMARY], [PRIMARY, { address: 'b:1', type: 'RSSecondary' }]],
    ],
    ['a mongos', [[{ ...UNKNOWN, type: 'Mongos' }], [{ address: 'b:1', type: 'Mongos' }]]],
  ])('is not %s', (_what, steps) => {
    expect(new Set(changes(...steps))).toEqual(new Set([0]));
  });

  it('updates the kind of the deployment that was read earlier', () => {
    const { client } = clientOf({});
    const deployment = new MongoDeployment(client, 'keyward');
    deployment.watchPrimary(() => undefined);
    client.emit('topologyDescriptionChanged', {
      previousDescription: topology({ ...UNKNOWN, type: 'Standalone' }),
      newDescription: topology(PRIMARY),
    });
    expect(deployment.known).toBe('replica set');
  });
});
