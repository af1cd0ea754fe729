import { type Command, Option } from 'commander';
import type { INestApplicationContext } from '@nestjs/common';
import { rootCaller } from '../../api-keys/domain/caller';
import { csvHeading, csvLine, UsageSumPageDto } from '../../api-keys/management/dto/usage-sums.dto';
import { toUsageSumsRequest, UsageSumsQuery } from '../../api-keys/management/dto/usage-sums.query';
import { KeyUsageService } from '../../api-keys/management/key-usage.service';
import { USAGE_GROUPINGS, type UsageGrouping } from '../../api-keys/management/usage-sums';
import { readOptions, resultCommand } from '../kit/command';
import { asOperator } from '../kit/operator-context';
import { print, printJson, tell } from '../kit/output';
import { Table } from '../kit/table';
import { printable } from '../kit/terminal-text';

interface Options {
  readonly by: string;
  readonly from?: string;
  readonly to?: string;
  readonly org?: string;
  readonly owner?: string;
  readonly key?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

const NAMES = {
  groupBy: '--by',
  from: '--from',
  to: '--to',
  orgId: '--org',
  ownerId: '--owner',
  keyId: '--key',
};

/** The number of groups that one request reads. */
const PAGE_SIZE = 1000;

/** `keyward usage` */
export function usageCommand(): Command {
  return resultCommand('usage')
    .description('add up the requests of all keys by outcome, key, owner, organisation, hour or day')
    .option('--by <grouping>', `one of ${USAGE_GROUPINGS.join(', ')}`, 'outcome')
    .option('--from <time>', 'start: an RFC 3339 time with an offset (default: one day before the end)')
    .option('--to <time>', 'end: an RFC 3339 time with an offset (default: now)')
    .option('--org <id>', 'only requests with keys of this organisation')
    .option('--owner <id>', 'only requests with keys of this user')
    .option('--key <id>', 'only requests with this key')
    .addOption(new Option('--csv', 'print comma-separated values instead of text').conflicts('json'))
    .action(async ({ by, from, to, org, owner, key, csv, json }: Options) => {
      const query = readOptions(
        UsageSumsQuery,
        { groupBy: by, from, to, orgId: org, ownerId: owner, keyId: key },
        NAMES,
      );
      await asOperator(async (app) => {
        const pages = pagesOf(app, query);
        if (json === true) await printDocument(pages);
        else if (csv === true) await printCsv(pages, query.groupBy);
        else await printTable(pages, query.groupBy);
      });
    });
}

/** Yields all pages, with the span of the first page. */
async function* pagesOf(
  app: INestApplicationContext,
  query: UsageSumsQuery,
): AsyncGenerator<UsageSumPageDto> {
  const usage = app.get(KeyUsageService);
  const request = { ...toUsageSumsRequest(query), limit: PAGE_SIZE };
  let sums = await usage.sums(rootCaller('cli'), request);
  for (;;) {
    yield UsageSumPageDto.of(sums);
    const { from, to, nextCursor: cursor } = sums;
    if (cursor === null) return;
    sums = await usage.sums(rootCaller('cli'), { ...request, from, to, cursor });
  }
}

/** Prints one JSON document after reading all pages, because half a document is not valid. */
async function printDocument(pages: AsyncIterable<UsageSumPageDto>): Promise<void> {
  const data: UsageSumPageDto['data'] = [];
  let last: UsageSumPageDto | undefined;
  for await (const page of pages) {
    data.push(...page.data);
    last = page;
  }
  await printJson({ ...last, data });
}

async function printCsv(pages: AsyncIterable<UsageSumPageDto>, groupBy: UsageGrouping): Promise<void> {
  let heading = [csvHeading(groupBy)];
  for await (const { data } of pages) {
    await print(...heading, ...data.map((sum) => printable(csvLine(sum))));
    heading = [];
  }
}

async function printTable(pages: AsyncIterable<UsageSumPageDto>, groupBy: UsageGrouping): Promise<void> {
  const heads = [groupBy, 'total', 'cost', 'accepted', 'rejected'];
  const table = new Table(heads.map((head) => ({ head: head.toUpperCase(), max: 64 })));
  let count = 0;
  for await (const { data } of pages) {
    const rows = data.map(({ group, total, cost, outcomes }) => {
      const accepted = outcomes['VALID'] ?? 0;
      return [group ?? '-', String(total), String(cost), String(accepted), String(total - accepted)];
    });
    if (rows.length > 0) await print(...table.lines(rows));
    count += rows.length;
  }
  if (count === 0) tell('no requests match');
}
