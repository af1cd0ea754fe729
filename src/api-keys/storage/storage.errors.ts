import { KeywardError } from '../../problems/keyward.error';

/** The store did not answer in time, or refused. Nothing is known about a write that was under way. */
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

/** A record with this id exists already. */
export class KeyIdTakenError extends Error {
  readonly code = 'key_id_taken';

  constructor(id: string) {
    super(`a key with the id ${id} exists already`);
    this.name = 'KeyIdTakenError';
  }
}

/** Nothing of what was to be added to the usage counts was written: it may be added again. */
export class UsageNotWrittenError extends Error {
  readonly code = 'usage_not_written';

  constructor(cause: unknown) {
    super('no usage count was written', { cause });
    this.name = 'UsageNotWrittenError';
  }
}
