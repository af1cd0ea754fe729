import { Get } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, getSchemaPath } from '../../openapi/decorators';
import { CSV_TYPE, JSON_TYPE, NDJSON_TYPE, nextPageLink, preferredType } from '../../http/list-format';
import type { Call } from '../../http/own-route';
import { currentCaller } from '../access/current-caller';
import { GuardedController, GuardedRoute } from '../access/guarded-route.decorator';
import { SelfScoped } from '../access/access.decorators';
import { csvHeading, csvLine, UsageSumPageDto } from './dto/usage-sums.dto';
import { toUsageSumsRequest, UsageSumsQuery } from './dto/usage-sums.query';
import { KeyUsageService } from './key-usage.service';

/** The route for the usage of many keys. */
@ApiExtraModels(UsageSumPageDto)
@GuardedController('v1/usage', 'API keys')
@SelfScoped()
export class UsageSumsController {
  constructor(private readonly usage: KeyUsageService) {}

  /**
   * Returns the requests of many keys, added up by key, owner, organisation, outcome, hour or day.
   *
   * @remarks
   * The sums of an organisation or owner contain the requests that were made while the key belonged to it. Counts are best
   * effort and some seconds late. A page may have fewer groups than its limit; the list ends when `nextCursor` is `null`.
   * The format is JSON, NDJSON or CSV, as `Accept` prefers. The `Link` header points to the next page. Each page in CSV has
   * a heading. A caller that is bound to a project can group by key, or name a `keyId`.
   */
  @Get()
  @ApiOkResponse({
    description: 'A page of sums.',
    headers: {
      Link: { description: 'The next page, `rel="next"`, if there is one.', schema: { type: 'string' } },
    },
    content: {
      [JSON_TYPE]: { schema: { $ref: getSchemaPath(UsageSumPageDto) } },
      [NDJSON_TYPE]: { schema: { type: 'string', description: 'One UsageSum per line.' } },
      [CSV_TYPE]: { schema: { type: 'string', description: 'One row for each group, below a heading.' } },
    },
  })
  @GuardedRoute('getUsage', {
    scopes: ['api-keys:read'],
    sessions: true,
    query: UsageSumsQuery,
    problems: ['invalid_cursor', 'usage_not_recorded', 'not_found'],
  })
  async show({
    request,
    query,
    header,
    setHeader,
  }: Call<object, UsageSumsQuery>): Promise<UsageSumPageDto | string> {
    const sums = await this.usage.sums(currentCaller(request), toUsageSumsRequest(query));
    const page = UsageSumPageDto.of(sums);
    const { data, groupBy, from, to, nextCursor } = page;
    setHeader('Vary', 'Accept');
    if (nextCursor !== null) {
      const span = { from: from.toISOString(), to: to.toISOString() };
      setHeader('Link', nextPageLink({ ...query, ...span }, nextCursor));
    }
    const type = preferredType(header('accept'), [JSON_TYPE, NDJSON_TYPE, CSV_TYPE]);
    if (type === JSON_TYPE) return page;
    setHeader('Content-Type', `${type}; charset=utf-8`);
    return type === CSV_TYPE
      ? [csvHeading(groupBy), ...data.map(csvLine), ''].join('\r\n')
      : data.map((sum) => `${JSON.stringify(sum)}\n`).join('');
  }
}
