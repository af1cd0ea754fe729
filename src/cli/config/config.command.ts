import type { Command } from 'commander';
import { requireProxies } from '../../api-keys/options/trusted-proxies';
import { requireWebhook } from '../../api-keys/options/webhook.options';
import { ConfigurationError } from '../../problems/configuration.error';
import {
  type Environment,
  judgeEnvironment,
  storageKindOf,
  variableOf,
  webhookOf,
} from '../../settings/environment';
import { readVariables, type Variables } from '../../settings/load-environment';
import { StorageConfig } from '../../config/storage.config';
import { command, resultCommand } from '../kit/command';
import { ExitCode } from '../kit/cli.errors';
import { print, printJson, tell } from '../kit/output';
import { Table } from '../kit/table';
import { safeMessage } from '../kit/terminal-text';
import { type Reachability, tryAll } from './reachability';
import { shownSetting } from './shown-setting';

const VOLATILE = 'memory storage of API keys';

interface Options {
  readonly connect?: boolean;
  readonly json?: boolean;
}

interface Setting {
  readonly name: string;
  readonly value: string | null;
  readonly source: 'environment' | 'default';
}

/** `keyward config …` */
export function configCommand(): Command {
  return command('config')
    .description('check the settings of the service')
    .addCommand(
      resultCommand('check')
        .description(
          'read the environment as the service does, and print its faults and the resulting settings',
        )
        .option('--connect', 'also try to reach MongoDB, Redis and the identity providers')
        .action(async ({ connect = false, json = false }: Options) => checkConfig(connect, json)),
    );
}

async function checkConfig(connect: boolean, json: boolean): Promise<void> {
  const variables = readVariables();
  const { environment, faults: wrong } = judgeEnvironment(variables);
  const faults = faultsOf(environment, wrong).map(safeMessage);
  const settings = settingsOf(environment, variables);
  const connections = connect && faults.length === 0 ? await tryAll(environment) : [];
  const isReached = connections.every(({ ok }) => ok);
  if (faults.length > 0) process.exitCode = ExitCode.Configuration;
  else if (!isReached) process.exitCode = ExitCode.Unavailable;

  if (json) {
    const storage = faults.length > 0 ? null : storageKindOf(environment);
    await printJson({ ok: faults.length === 0 && isReached, faults, storage, settings, connections });
    return;
  }
  for (const fault of faults) tell(fault);
  await print(...settingLines(settings));
  if (connections.length > 0) await print('', ...connectionLines(connections));
}

/** Returns the configuration errors that would prevent the service from starting. */
function faultsOf(environment: Environment, faults: readonly string[]): readonly string[] {
  const isVolatile = storageKindOf(environment) === 'memory';
  const volatile = isVolatile ? faultIn(() => new StorageConfig().permitVolatile(VOLATILE)) : [];
  // Prevents two messages about one setting.
  const isTold = (name: string): boolean => faults.some((fault) => fault.startsWith(name));
  const webhook = isTold('WEBHOOK_') ? undefined : webhookOf(environment);
  const proxies = isTold('TRUST_PROXY') ? [] : environment.TRUST_PROXY;
  return [
    ...faults,
    ...volatile,
    ...faultIn(() => requireProxies(proxies, 'TRUST_PROXY')),
    ...(webhook === undefined ? [] : faultIn(() => requireWebhook(webhook))),
  ];
}

function faultIn(check: () => unknown): readonly string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return [error.message];
    throw error;
  }
}

function settingsOf(environment: Environment, variables: Variables): readonly Setting[] {
  return Object.entries(environment).map(([name, value]) => ({
    name,
    value: shownSetting(name, value),
    source: variableOf(name, variables) === undefined ? 'default' : 'environment',
  }));
}

function settingLines(settings: readonly Setting[]): readonly string[] {
  const table = new Table([{ head: 'SETTING' }, { head: 'VALUE', max: 80 }, { head: 'FROM' }]);
  return table.lines(settings.map(({ name, value, source }) => [name, value ?? '-', source]));
}

function connectionLines(connections: readonly Reachability[]): readonly string[] {
  const table = new Table([{ head: 'SYSTEM' }, { head: 'STATE' }]);
  return table.lines(
    connections.map(({ system, ok, reason }) => [system, ok ? 'reachable' : `unreachable: ${reason ?? ''}`]),
  );
}
