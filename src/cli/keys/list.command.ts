import { type Command, Option } from 'commander';
import type { INestApplicationContext } from '@nestjs/common';
import { type Clock, CLOCK } from '../../api-keys/ports/clock';
import { rootCaller } from '../../api-keys/domain/caller';
import { ApiKeysService } from '../../api-keys/management/api-keys.service';
import { ApiKeyDto, type ApiKeyPageDto } from '../../api-keys/management/dto/api-key.dto';
import { ListApiKeysQuery } from '../../api-keys/management/dto/list-api-keys.query';
import { DEFAULT_PAGE_SIZE } from '../../http/page.query';
import { KeyUsageService } from '../../api-keys/management/key-usage.service';
import { readOptions, resultCommand } from '../kit/command';
import { asOperator } from '../kit/operator-context';
import { print, printJson, tell } from '../kit/output';
import { keyTable, rowOf } from './key-text';
import { keyPages } from './listed-pages';

interface Options {
  readonly org?: string;
  readonly project?: string;
  readonly owner?: string;
  readonly externalId?: string;
  readonly status?: string;
  readonly limit?: string;
  readonly cursor?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

const NAMES = {
  orgId: '--org',
  projectId: '--project',
  ownerId: '--owner',
  externalId: '--external-id',
  status: '--status',
  limit: '--limit',
  cursor: '--cursor',
};

/** `keyward keys list` */
export function listCommand(): Command {
  return resultCommand('list')
    .description('list keys, newest first; imported keys come before all others')
    .option('--org <id>', 'only keys bound to this organisation')
    .option('--project <id>', 'only keys bound to this project; needs --org')
    .option('--owner <id>', 'only keys of this user')
    .option('--external-id <id>', 'only keys with this external id')
    .option('--status <status>', 'only keys with this status: active, expired, disabled or revoked')
    .option('--limit <number>', `maximum number of keys, 1 to 100 (default: ${DEFAULT_PAGE_SIZE})`)
    .option('--cursor <cursor>', 'continue a list at this cursor')
    .addOption(new Option('--all', 'all keys').conflicts('limit'))
    .action(async ({ org, project, owner, externalId, status, limit, cursor, all, json }: Options) => {
      const query = readOptions(
        ListApiKeysQuery,
        { orgId: org, projectId: project, ownerId: owner, externalId, status, limit, cursor },
        NAMES,
      );
      const count = all === true ? Infinity : (query.limit ?? DEFAULT_PAGE_SIZE);
      await asOperator(async (app) => {
        const pages = shownPages(app, query, count);
        await (json === true ? printDocument(pages) : printTable(pages));
      });
    });
}

async function* shownPages(
  app: INestApplicationContext,
  query: ListApiKeysQuery,
  count: number,
): AsyncGenerator<ApiKeyPageDto> {
  const usage = app.get(KeyUsageService);
  const clock = app.get<Clock>(CLOCK);
  for await (const { data, nextCursor } of keyPages(
    app.get(ApiKeysService),
    rootCaller('cli'),
    query,
    count,
  )) {
    const used = await usage.lastUsed(data.map(({ id }) => id));
    const now = clock.now();
    yield { data: data.map((key) => ApiKeyDto.of(key, now, used.get(key.id))), nextCursor };
  }
}

/** Prints one JSON document after reading all pages, because half a document is not valid. */
async function printDocument(pages: AsyncIterable<ApiKeyPageDto>): Promise<void> {
  const data: ApiKeyDto[] = [];
  let next: string | null = null;
  for await (const page of pages) {
    data.push(...page.data);
    next = page.nextCursor;
  }
  await printJson({ data, nextCursor: next });
}

async function printTable(pages: AsyncIterable<ApiKeyPageDto>): Promise<void> {
  const table = keyTable();
  let count = 0;
  let next: string | null = null;
  for await (const { data, nextCursor } of pages) {
    if (data.length > 0) await print(...table.lines(data.map(rowOf)));
    count += data.length;
    next = nextCursor;
  }
  if (count === 0) tell('no keys match');
  if (next !== null) tell(`there are more keys: continue with --cursor ${next}`);
}
