import { ExitCode } from './exit-code';

/** A command ends without having done what it was asked for. The message is one sentence for the operator. */
export class CliError extends Error {
  /** @param code stable, for programs that read `--json` */
  constructor(
    readonly code: string,
    message: string,
    readonly exitCode: ExitCode = ExitCode.Failed,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** The command was called wrongly. */
export class UsageError extends CliError {
  constructor(message: string) {
    super('usage', message, ExitCode.Usage);
  }
}
