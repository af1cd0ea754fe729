import { KeywardError } from './keyward.error';

/** The code of the application uses Keyward in a way that cannot work. The stack trace leads to the place. */
export class MisuseError extends KeywardError {
  constructor(message: string) {
    super('misuse', message);
  }
}
