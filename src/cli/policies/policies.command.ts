import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { rootCaller } from '../../api-keys/domain/caller';
import type { PolicyId } from '../../api-keys/domain/policy-state';
import { isPolicyId, type Policy, type PolicyPatch, type PolicyRules } from '../../policies/domain/policy';
import { PatchPolicyDto } from '../../policies/management/dto/policy-request.dto';
import { PolicyDto, PolicyHistoryDto } from '../../policies/management/dto/policy.dto';
import { PoliciesService } from '../../policies/management/policies.service';
import { PolicyNotFoundError } from '../../policies/policies.errors';
import { historyLines, linesOf } from '../keys/key-text';
import { UsageError } from '../kit/cli.errors';
import { command, readOptions, resultCommand, wholeNumber } from '../kit/command';
import { asOperator } from '../kit/operator-context';
import { print, printJson } from '../kit/output';

interface ResultOptions {
  readonly json?: boolean;
}

interface SetOptions extends ResultOptions {
  readonly allowedScopes?: readonly string[];
  readonly rateLimit?: readonly string[];
  readonly maxKeys?: string;
  readonly maxTtlDays?: string;
  readonly allowNoScope?: boolean;
  readonly clear?: readonly string[];
}

/** The rules that `--clear` removes, by their names in the command. */
const CLEARABLE: Readonly<Record<string, keyof PolicyRules>> = {
  'allowed-scopes': 'allowedScopes',
  'rate-limits': 'rateLimits',
  'max-keys': 'maxKeys',
  'max-ttl-days': 'maxTtlDays',
};

const NAMES = {
  allowedScopes: '--allowed-scopes',
  rateLimits: '--rate-limit',
  maxKeys: '--max-keys',
  maxTtlDays: '--max-ttl-days',
  reason: '--reason',
};

const operator = rootCaller('cli');

/** `keyward policies …`: manages policies with the authority of the operator. */
export function policiesCommand(): Command {
  return command('policies')
    .description('show, set, suspend, resume and delete the policies of organisations and owners')
    .addCommand(showCommand())
    .addCommand(setCommand())
    .addCommand(
      policyCommand('suspend')
        .description('stop every key of an organisation or owner')
        .option('--reason <text>', 'the reason, for the policy and its history')
        .action(async (id: string, { reason, json }: ResultOptions & { readonly reason?: string }) => {
          const request = readOptions(PatchPolicyDto, { status: 'suspended', reason }, NAMES);
          await change(id, request, json);
        }),
    )
    .addCommand(
      policyCommand('resume')
        .description('let the keys of a suspended organisation or owner work again')
        .action(async (id: string, { json }: ResultOptions) => {
          await onPolicy(id, async (policies, policyId) =>
            shown(await policies.patch(operator, policyId, { status: 'active' }), json),
          );
        }),
    )
    .addCommand(
      policyCommand('delete')
        .description('remove every restriction of a policy that is not suspended')
        .action(async (id: string, { json = false }: ResultOptions) => {
          await onPolicy(id, async (policies, policyId) => {
            await policies.remove(operator, policyId);
            await (json ? printJson({ id: policyId, deleted: true }) : print(`${policyId} is deleted`));
          });
        }),
    );
}

function showCommand(): Command {
  return policyCommand('show')
    .description('show one policy')
    .option('--history', 'also show who changed what, and when')
    .action(
      async (id: string, { history: withHistory, json }: ResultOptions & { readonly history?: boolean }) =>
        onPolicy(id, async (policies, policyId) => {
          const policy = await policies.get(operator, policyId);
          if (withHistory !== true) return shown(policy, json);
          return shown(policy, json, PolicyHistoryDto.of(await policies.history(operator, policyId)));
        }),
    );
}

function setCommand(): Command {
  return policyCommand('set')
    .description('create a policy, or change the given rules of a policy')
    .option('--allowed-scopes <scopes...>', 'the scopes that keys can use at most')
    .option('--allow-no-scope', 'let keys use no scope')
    .option('--rate-limit <limits...>', 'up to 3 shared limits, each as name=requests/seconds')
    .option('--max-keys <number>', 'maximum number of live keys, 1 to 1000')
    .option('--max-ttl-days <days>', 'maximum lifetime of a new expiry')
    .option('--clear <rules...>', `remove rules: ${Object.keys(CLEARABLE).join(', ')}`)
    .action(async (id: string, { json, ...options }: SetOptions) => change(id, patchOf(options), json));
}

function policyCommand(name: string): Command {
  return resultCommand(name).argument('<policy>', 'org:<id>, owner:<id> or default');
}

function patchOf({
  allowedScopes,
  allowNoScope,
  rateLimit,
  maxKeys,
  maxTtlDays,
  clear = [],
}: SetOptions): PolicyPatch {
  if (allowNoScope === true && allowedScopes !== undefined)
    throw new UsageError('--allow-no-scope cannot be combined with --allowed-scopes.');
  const given: Record<string, unknown> = {
    allowedScopes: allowNoScope === true ? [] : allowedScopes,
    rateLimits: rateLimit?.map(limitIn),
    maxKeys: maxKeys === undefined ? undefined : wholeNumber(maxKeys),
    maxTtlDays: maxTtlDays === undefined ? undefined : wholeNumber(maxTtlDays),
  };
  for (const name of clear) {
    const rule = Object.hasOwn(CLEARABLE, name) ? CLEARABLE[name] : undefined;
    if (rule === undefined) throw new UsageError(`--clear takes ${Object.keys(CLEARABLE).join(', ')}.`);
    if (given[rule] !== undefined) throw new UsageError(`--clear ${name} contradicts another option.`);
    given[rule] = null;
  }
  if (Object.values(given).every((value) => value === undefined))
    throw new UsageError('name at least one rule to set or clear.');
  return readOptions(PatchPolicyDto, given, NAMES);
}

function limitIn(text: string): object {
  const [, name, limit = '', windowSeconds = ''] = /^([^=]*)=(\d+)\/(\d+)$/.exec(text) ?? [];
  if (name === undefined) throw new UsageError('--rate-limit must look like per-minute=1000/60.');
  return { name, limit: wholeNumber(limit), windowSeconds: wholeNumber(windowSeconds) };
}

/** Changes a policy, or creates it if it does not exist. */
async function change(id: string, patch: PolicyPatch, json: boolean | undefined): Promise<void> {
  await onPolicy(id, async (policies, policyId) => {
    const policy = await policies.patch(operator, policyId, patch).catch(async (error: unknown) => {
      if (!(error instanceof PolicyNotFoundError)) throw error;
      const { status, ...rules } = patch;
      const created = { ...rules, status: status ?? 'active' };
      return (await policies.put(operator, policyId, created, { exists: false })).policy;
    });
    await shown(policy, json);
  });
}

async function onPolicy(
  id: string,
  work: (policies: PoliciesService, id: PolicyId) => Promise<void>,
): Promise<void> {
  if (!isPolicyId(id)) throw new UsageError('the policy must be org:<id>, owner:<id> or default.');
  await asOperator(async (app: INestApplicationContext) => work(app.get(PoliciesService), id));
}

async function shown(policy: Policy, json = false, history?: PolicyHistoryDto): Promise<void> {
  const record = PolicyDto.of(policy);
  if (json) return printJson({ ...record, ...(history && { history }) });
  return print(...linesOf(record), ...(history ? ['', ...historyLines(history)] : []));
}
