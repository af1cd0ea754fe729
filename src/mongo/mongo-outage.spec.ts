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

describe('an outage of the store', () => {
  it.each<[string, Error]>([
    ['a connection that was cut', new mongo.MongoNetworkError('closed')],
    ['a connection that timed out', new mongo.MongoNetworkTimeoutError('timed out', {})],
    ['a client without a connection', new mongo.MongoNotConnectedError('Client must be connected')],
    ['a closed topology', new mongo.MongoTopologyClosedError('Topology is closed')],
    ['a socket that fails during a write', ofSocket],
    ['a primary that stepped down', answered(10_107, 'NotWritablePrimary')],
    ['a server that shuts down', answered(91, 'ShutdownInProgress')],
    ['a server that is out of disk space', answered(14_031, 'OutOfDiskSpace')],
    ['a write that too few members acknowledged', inWriteConcern],
    ['the label of an overloaded server', answered(99_999, 'Unknown', ['SystemOverloadedError'])],
    ['Mongoose before it is connected', new MongooseError('before initial connection is complete')],
  ])('is recognised: %s', async (_what, error) => {
    expect(isOutage(error)).toBe(true);
    await expect(boundedMongoOperation(async () => Promise.reject(error))).rejects.toThrow(
      StorageUnavailableError,
    );
  });
});

describe('a permanent fault of the store', () => {
  it.each<[string, Error, string]>([
    ['missing rights', answered(13, 'Unauthorized'), '(13 Unauthorized): the server says Unauthorized'],
    ['a wrong password', answered(18, 'AuthenticationFailed'), '(18 AuthenticationFailed)'],
    [
      'a document validation rule',
      answered(121, 'DocumentValidationFailure'),
      '(121 DocumentValidationFailure)',
    ],
    ['an update that a plugin broke', answered(40, 'ConflictingUpdateOperators'), '(40 '],
    ['an index with other options', answered(85, 'IndexOptionsConflict'), '(85 IndexOptionsConflict)'],
    ['an unknown command', answered(59, 'CommandNotFound'), '(59 CommandNotFound)'],
    ['an option that the driver rejects', new mongo.MongoInvalidArgumentError('bad option'), 'bad option'],
    ['a query that Mongoose rejects', new MongooseError("Can't use $exists with String."), '$exists'],
  ])('is recognised, and its message names the cause: %s [T93]', async (_what, error, cause) => {
    expect(isOutage(error)).toBe(false);
    const refusal: unknown = await boundedMongoOperation(async () => Promise.reject(error)).catch(
      (thrown: unknown) => thrown,
    );
    expect(refusal).toBeInstanceOf(StorageFaultError);
    expect(String(refusal)).toContain(cause);
  });

  it('does not contain the record that the database rejected', async () => {
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

describe('an error that is not from the store', () => {
  it('is thrown unchanged', async () => {
    const bug = new TypeError('x is not a function');
    await expect(boundedMongoOperation(async () => Promise.reject(bug))).rejects.toBe(bug);
  });
});
