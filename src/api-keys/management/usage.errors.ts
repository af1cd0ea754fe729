import { KeywardError } from '../../problems/keyward.error';

/** This installation records no usage. */
export class UsageNotRecordedError extends KeywardError {
  constructor() {
    super('usage_not_recorded', 'Ask the operator to record usage (`usage.storage`).');
  }
}
