import type { Command } from 'commander';
import { command } from '../kit/command';
import { listCommand } from './list.command';
import { revokeCommand } from './revoke.command';
import { rotateCommand } from './rotate.command';
import { showCommand } from './show.command';

/** `keyward keys …`: manages keys with the authority of the operator. */
export function keysCommand(): Command {
  return command('keys')
    .description('list, show, revoke and rotate keys')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(revokeCommand())
    .addCommand(rotateCommand());
}
