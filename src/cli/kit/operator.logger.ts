import type { LoggerService } from '@nestjs/common';
import { ConfigurationError } from '../../problems/configuration.error';
import { tell } from './output';

/**
 * Logs to standard error while a command runs, because standard output belongs to the result. Writes warnings, such as that
 * of waiting for the database, only to a terminal: a program reads the exit code and one line.
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
