import { KeywardError } from './keyward.error';

/** The store is unreachable or overloaded for now. Nothing is known about a write that was under way. */
export class StorageUnavailableError extends KeywardError {
  constructor(cause: unknown) {
    super(
      'storage_unavailable',
      'Try again in a moment; nothing was admitted or acknowledged.',
      {},
      { cause },
    );
  }
}

/**
 * The store refuses an operation, and will go on refusing it until someone changes the set-up: missing rights, an index or
 * a validation rule in the way, a server that lacks a feature. Over HTTP it is a 500 (decision record 0064).
 */
export class StorageFaultError extends KeywardError {
  /** @param cause named in the message; its own fields may hold values of records and are not kept */
  constructor(cause: unknown) {
    super('storage_fault', `the store refused an operation: ${namedCause(cause)}`);
  }
}

const MAX_CAUSE_LENGTH = 300;

function namedCause(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown error';
  const codes = ['code', 'codeName']
    .map((name): unknown => Reflect.get(cause, name))
    .filter((part) => typeof part === 'number' || typeof part === 'string')
    .join(' ');
  // MongoDB repeats the whole command, records included, to a user without the right to it.
  const [message = ''] = cause.message.split(' to execute command');
  return `${cause.name}${codes === '' ? '' : ` (${codes})`}: ${message.slice(0, MAX_CAUSE_LENGTH)}`;
}
