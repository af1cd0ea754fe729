import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import { ConfigurationError } from '../config/configuration.error';

const LEVELS: readonly LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];

/** Nest's own console logger, which leaves a refused set-up to the one line that the process ends with. */
export class ServiceLogger extends ConsoleLogger {
  /** Writes messages of this level and of graver ones. */
  writeFrom(level: LogLevel): void {
    this.setLogLevels(LEVELS.slice(0, LEVELS.indexOf(level) + 1));
  }

  override error(message: unknown, ...rest: [stack?: string, context?: string]): void {
    if (!(message instanceof ConfigurationError)) super.error(message, ...rest);
  }
}
