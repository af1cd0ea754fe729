import { KeywardError } from './keyward.error';
import type { FieldFault } from './problem';

/** Fields of a request have unacceptable values. `extensions.errors` names each field. */
export class UnacceptableFieldError extends KeywardError {
  /**
   * @param field a JSON Pointer (RFC 6901) into the request, or a list of faults
   * @param message what is wrong with the value, without the value
   */
  constructor(field: string, message: string);
  constructor(faults: readonly FieldFault[]);
  constructor(at: string | readonly FieldFault[], message = '') {
    const errors = typeof at === 'string' ? [{ field: at, message }] : at;
    const named = errors.map((fault) => `${fault.field || 'the request'} ${fault.message}`).join('; ');
    super('validation_failed', `Correct the fields listed in "errors": ${named}.`, { errors });
  }
}
