/** What the exit codes of `keyward` mean. They are part of its contract: see `docs/cli.md`. */
export const ExitCode = {
  Done: 0,
  /** It could not be done, or not wholly: a line was refused, an index is missing, the key is revoked. */
  Failed: 1,
  /** The command was called wrongly; nothing was done. */
  Usage: 2,
  /** There is no such key. */
  NotFound: 3,
  /** The store, or another system that the command needs, cannot be reached. */
  Unavailable: 4,
  /** The environment is refused, as the service would refuse it. */
  Configuration: 5,
} as const;

/** One of the codes that `keyward` exits with. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

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
