import { MongooseError, mongo } from 'mongoose';

/**
 * The error codes of a server that is temporarily unable to serve: unreachable, overloaded, out of space, or not the
 * primary. The comments contain MongoDB's names of the codes.
 */
const OUTAGE_CODES: ReadonlySet<number | string | undefined> = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  24, // LockTimeout
  43, // CursorNotFound
  46, // LockBusy
  50, // MaxTimeMSExpired
  63, // StaleShardVersion
  64, // WriteConcernFailed (wtimeout)
  70, // ShardNotFound
  75, // ClusterTimeFailsRateLimiter
  89, // NetworkTimeout
  91, // ShutdownInProgress
  94, // NotYetInitialized
  100, // UnsatisfiableWriteConcern
  112, // WriteConflict
  133, // FailedToSatisfyReadPreference
  134, // ReadConcernMajorityNotAvailableYet
  146, // ExceededMemoryLimit
  150, // StaleEpoch
  175, // QueryPlanKilled
  189, // PrimarySteppedDown
  202, // NetworkInterfaceExceededTimeLimit
  203, // ShardingStateNotInitialized
  211, // KeyNotFound
  237, // CursorKilled
  246, // SnapshotUnavailable
  261, // TooManyLogicalSessions
  262, // ExceededTimeLimit
  308, // CurrentConfigNotCommittedYet
  317, // ConnectionPoolExpired
  365, // TemporarilyUnavailable
  384, // ConnectionError
  391, // PooledConnectionAcquisitionExceededTimeLimit
  402, // ResourceExhausted
  462, // IngressRequestRateLimitExceeded
  9001, // SocketException
  10_107, // NotWritablePrimary
  11_600, // InterruptedAtShutdown
  11_601, // Interrupted
  11_602, // InterruptedDueToReplStateChange
  13_388, // StaleConfig
  13_435, // NotPrimaryNoSecondaryOk
  13_436, // NotPrimaryOrSecondary
  14_031, // OutOfDiskSpace
]);

/** The labels with which servers and drivers mark errors of operations that can succeed later. */
const OUTAGE_LABELS = [
  'NetworkError',
  'ResetPool',
  'RetryableError',
  'RetryableWriteError',
  'SystemOverloadedError',
  'TransientTransactionError',
] as const;

/**
 * The errors of a driver that has no usable connection. They are matched by name, because some versions of the driver
 * lack some of the classes.
 */
const OUTAGE_NAMES: ReadonlySet<string> = new Set([
  'MongoClientClosedError',
  'MongoExpiredSessionError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoNotConnectedError',
  'MongoOperationTimeoutError',
  'MongoPoolClearedError',
  'MongoPoolClearedOnNetworkError',
  'MongoPoolClosedError',
  'MongoServerClosedError',
  'MongoServerSelectionError',
  'MongoSystemError',
  'MongoTopologyClosedError',
  'MongoWaitQueueTimeoutError',
]);

const SOCKET_ERROR = /^(?!ERR_)E[A-Z]|^ERR_(?:STREAM|SOCKET|TLS|SSL)_/;

/** Matches messages of Mongoose about a missing connection. These errors have no class of their own. */
const NOT_CONNECTED = /initial connection|buffering timed out|not connected|disconnected/i;

/**
 * Returns whether an error means that the store is temporarily unreachable or overloaded. All other errors count as
 * permanent.
 */
export function isOutage(error: unknown): boolean {
  if (error instanceof mongo.MongoError) {
    return (
      OUTAGE_NAMES.has(error.name) ||
      OUTAGE_CODES.has(error.code) ||
      OUTAGE_LABELS.some((label) => error.hasErrorLabel(label))
    );
  }
  return (error instanceof MongooseError && NOT_CONNECTED.test(error.message)) || isOfSocket(error);
}

/**
 * Returns whether an error comes from a socket. The driver does not wrap the error of a connection that is reset during
 * a write.
 */
function isOfSocket(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && Reflect.get(error, 'code');
  return typeof code === 'string' && SOCKET_ERROR.test(code);
}
