import type { LoggerService } from '@nestjs/common';
import { ConfigurationError } from '../../problems/configuration.error';
import { tell } from './output';

/**
 * Logs to standard error while a command runs, because the command writes its result to standard output. Writes
 * warnings, such as the one about waiting for the database, only to a terminal. A program needs only the exit code and
 * one error line.
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
