import { KeywardError } from './keyward.error';

/** A field of a request has an unacceptable value. `extensions.errors` names the field. */
export class UnacceptableFieldError extends KeywardError {
  /**
   * @param field a JSON Pointer (RFC 6901) into the request
   * @param message what is wrong with the value, without the value
   */
  constructor(field: string, message: string) {
    super('validation_failed', 'Correct the fields listed in "errors".', { errors: [{ field, message }] });
  }
}
