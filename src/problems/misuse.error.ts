import { KeywardError } from './keyward.error';

/** The application's code uses Keyward incorrectly. The stack trace shows where. */
export class MisuseError extends KeywardError {
  constructor(message: string) {
    super('misuse', message);
  }
}
