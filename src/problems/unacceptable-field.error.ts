import { KeywardError } from './keyward.error';
import type { FieldFault } from './problem';

/** The maximum number of faults in the message. The message goes to logs, so it must be short. */
const MAX_SHOWN = 10;

/** Matches a field name that is safe to log: shorter than a token, and without control characters. */
const HARMLESS = /^[\w/.-]{1,40}$/;

function nameOf({ field }: FieldFault): string {
  if (field === '') return 'the request';
  return HARMLESS.test(field) ? field : 'a field';
}

/** Fields of a request have invalid values. `extensions.errors` names each field. */
export class UnacceptableFieldError extends KeywardError {
  /**
   * @param field a JSON Pointer (RFC 6901) into the request, or a list of faults
   * @param message what is wrong with the value, without the value
   */
  constructor(field: string, message: string);
  constructor(faults: readonly FieldFault[]);
  constructor(at: string | readonly FieldFault[], message = '') {
    const errors = typeof at === 'string' ? [{ field: at, message }] : at;
    const shown = errors.slice(0, MAX_SHOWN).map((fault) => `${nameOf(fault)} ${fault.message}`);
    super('validation_failed', `Correct the fields listed in "errors": ${shown.join('; ')}.`, { errors });
  }
}
