import { MongooseError, mongo } from 'mongoose';
import { boundedMongoOperation } from './mongo-operation';
import { isOutage } from './mongo-outage';
import { StorageFaultError, StorageUnavailableError } from '../problems/storage.errors';

const answered = (code: number, codeName: string, errorLabels: string[] = []): mongo.MongoServerError =>
  new mongo.MongoServerError({ message: `the server says ${codeName}`, code, codeName, errorLabels });

const inWriteConcern = new mongo.MongoServerError({
  message: 'waiting for replication timed out',
  code: 64,
  codeName: 'WriteConcernFailed',
});

const ofSocket = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });

describe('a store that is unreachable or overloaded for now', () => {
  it.each<[string, Error]>([
    ['a connection that was cut', new mongo.MongoNetworkError('closed')],
    ['a connection that timed out', new mongo.MongoNetworkTimeoutError('timed out', {})],
    ['a client without a connection', new mongo.MongoNotConnectedError('Client must be connected')],
    ['a topology that is closed', new mongo.MongoTopologyClosedError('Topology is closed')],
    ['a socket that fails as it is written to', ofSocket],
    ['a primary that stepped down', answered(10_107, 'NotWritablePrimary')],
    ['a server that shuts down', answered(91, 'ShutdownInProgress')],
    ['a server that is out of disk space', answered(14_031, 'OutOfDiskSpace')],
    ['a write that too few members confirmed', inWriteConcern],
    ['a server that sheds load, by its label', answered(99_999, 'Unknown', ['SystemOverloadedError'])],
    ['Mongoose before it is connected', new MongooseError('before initial connection is complete')],
  ])('is told by %s', async (_what, error) => {
    expect(isOutage(error)).toBe(true);
    await expect(boundedMongoOperation(async () => Promise.reject(error))).rejects.toThrow(
      StorageUnavailableError,
    );
  });
});

describe('a store that refuses for good', () => {
  it.each<[string, Error, string]>([
    ['missing rights', answered(13, 'Unauthorized'), '(13 Unauthorized): the server says Unauthorized'],
    ['a wrong password', answered(18, 'AuthenticationFailed'), '(18 AuthenticationFailed)'],
    ['a rule for documents', answered(121, 'DocumentValidationFailure'), '(121 DocumentValidationFailure)'],
    ['an update that a plugin spoilt', answered(40, 'ConflictingUpdateOperators'), '(40 '],
    ['an index with other options', answered(85, 'IndexOptionsConflict'), '(85 IndexOptionsConflict)'],
    ['a command that it does not know', answered(59, 'CommandNotFound'), '(59 CommandNotFound)'],
    ['an option that the driver rejects', new mongo.MongoInvalidArgumentError('bad option'), 'bad option'],
    ['a query that Mongoose rejects', new MongooseError("Can't use $exists with String."), '$exists'],
  ])('is told by %s, and the cause is named [T93]', async (_what, error, cause) => {
    expect(isOutage(error)).toBe(false);
    const refusal: unknown = await boundedMongoOperation(async () => Promise.reject(error)).catch(
      (thrown: unknown) => thrown,
    );
    expect(refusal).toBeInstanceOf(StorageFaultError);
    expect(String(refusal)).toContain(cause);
  });

  it('keeps nothing of what the error says about a record', async () => {
    const error = Object.assign(answered(121, 'DocumentValidationFailure'), {
      errInfo: { details: { hash: 'f'.repeat(64) } },
    });
    const refusal: unknown = await boundedMongoOperation(async () => Promise.reject(error)).catch(
      (thrown: unknown) => thrown,
    );
    expect(JSON.stringify(refusal) + String((refusal as Error).stack)).not.toContain('f'.repeat(64));
    expect((refusal as Error).cause).toBeUndefined();
  });
});

describe('a fault of our own', () => {
  it('stays what it is', async () => {
    const bug = new TypeError('x is not a function');
    await expect(boundedMongoOperation(async () => Promise.reject(bug))).rejects.toBe(bug);
  });
});
