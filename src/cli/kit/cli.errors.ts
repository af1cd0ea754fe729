/** The exit codes of `keyward`. They are part of its contract: see `docs/cli.md`. */
export const ExitCode = {
  Done: 0,
  /**
   * The command failed, or only a part of it succeeded. Examples: a line was rejected, an index is missing, the key is
   * revoked.
   */
  Failed: 1,
  /** The arguments are wrong; nothing was done. */
  Usage: 2,
  /** No key or policy has this id. */
  NotFound: 3,
  /** The store, or another system that the command needs, is unreachable. */
  Unavailable: 4,
  /** The settings are invalid: the service would not start with them. */
  Configuration: 5,
} as const;

/** One of the exit codes of `keyward`. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A command failed. The message is one sentence for the operator. */
export class CliError extends Error {
  /** @param code a stable code for programs that read `--json` */
  constructor(
    readonly code: string,
    message: string,
    readonly exitCode: ExitCode = ExitCode.Failed,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

/** The arguments of the command are wrong. */
export class UsageError extends CliError {
  constructor(message: string) {
    super('usage', message, ExitCode.Usage);
  }
}
