import { Logger } from '@nestjs/common';
import { runningVersion } from '../settings/version';
import { configCommand } from './config/config.command';
import { createRootKeyCommand } from './keys/create-root-key.command';
import { ExitCode } from './kit/cli.errors';
import { failureOf } from './kit/failure';
import { importCommand } from './import/import.command';
import { indexesCommand } from './indexes/indexes.command';
import { keysCommand } from './keys/keys.command';
import { policiesCommand } from './policies/policies.command';
import { usageCommand } from './keys/usage.command';
import { command } from './kit/command';
import { OperatorLogger } from './kit/operator.logger';
import { isReaderGone, printJson, tell } from './kit/output';
import { safeMessage } from './kit/terminal-text';

const EXIT_CODES = `
Exit codes:
  0  done
  1  failed, or done only in part
  2  wrong arguments; nothing was done
  3  no key or policy with this id
  4  the store, or another system, is unreachable
  5  invalid settings

Settings come from the environment, as for the service. Never pass a secret as an argument. See docs/cli.md.`;

/** Runs one command and ends the process with its exit code. */
export async function runCli(args: readonly string[]): Promise<never> {
  Logger.overrideLogger(new OperatorLogger());
  // The functions that write handle these errors. Without a listener, the event would end the process with a stack trace.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  process.exit(await exitCodeOf(args));
}

async function exitCodeOf(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? ExitCode.Done);
  } catch (error) {
    if (isReaderGone(error)) return ExitCode.Done;
    const { exitCode, code, message } = failureOf(error);
    if (message !== '') tell(message);
    if (exitCode !== ExitCode.Done && args.includes('--json')) {
      await printJson({ error: { code, message: safeMessage(message) } }).catch(() => undefined);
    }
    return exitCode;
  }
}

function program(): ReturnType<typeof command> {
  return command('keyward')
    .description('Operator commands for a Keyward service.')
    .version(runningVersion())
    .addHelpText('after', EXIT_CODES)
    .addCommand(createRootKeyCommand())
    .addCommand(keysCommand())
    .addCommand(policiesCommand())
    .addCommand(usageCommand())
    .addCommand(importCommand())
    .addCommand(indexesCommand())
    .addCommand(configCommand());
}
