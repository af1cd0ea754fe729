import type { LoggerService } from '@nestjs/common';
import { ConfigurationError } from '../../problems/configuration.error';
import { tell } from './output';

/**
 * What the parts of the service have to say while a command runs. Standard output belongs to the result. Waiting for
 * the database is told to people only: a program reads the exit code, and one line.
 */
export class OperatorLogger implements LoggerService {
  log(): void {}

  warn(message: unknown): void {
    if (process.stderr.isTTY) tell(String(message));
  }

  error(message: unknown): void {
    if (!(message instanceof ConfigurationError)) tell(String(message));
  }
}
