import { KeywardError } from './keyward.error';

/** The store is temporarily unreachable or overloaded. A write that was in progress may or may not have happened. */
export class StorageUnavailableError extends KeywardError {
  constructor(cause: unknown) {
    super(
      'storage_unavailable',
      'Try again in a moment. No request was allowed and no change was confirmed.',
      {},
      { cause },
    );
  }
}

/**
 * The store permanently rejects an operation. Possible reasons are missing rights, an index, a validation rule or a
 * missing feature of the server. The operator must change the configuration. Over HTTP, the error is a 500 (decision
 * record 0064).
 */
export class StorageFaultError extends KeywardError {
  /**
   * @param cause its name, code and message go into the message; the object is not kept, because it may contain values
   *   of records
   */
  constructor(cause: unknown) {
    super('storage_fault', `the store rejected an operation: ${namedCause(cause)}`);
  }
}

const MAX_CAUSE_LENGTH = 300;

function namedCause(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown error';
  const codes = ['code', 'codeName']
    .map((name): unknown => Reflect.get(cause, name))
    .filter((part) => typeof part === 'number' || typeof part === 'string')
    .join(' ');
  // MongoDB repeats the whole command, including records, to a user who may not run it.
  const [message = ''] = cause.message.split(' to execute command');
  return `${cause.name}${codes === '' ? '' : ` (${codes})`}: ${message.slice(0, MAX_CAUSE_LENGTH)}`;
}
