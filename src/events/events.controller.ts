import { Get } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, getSchemaPath } from '../openapi/decorators';
import { JSON_TYPE, NDJSON_TYPE, nextPageLink, preferredType } from '../http/list-format';
import type { Call } from '../http/own-route';
import { currentCaller } from '../api-keys/access/current-caller';
import { GuardedController, GuardedRoute } from '../api-keys/access/guarded-route.decorator';
import { SelfScoped } from '../api-keys/access/access.decorators';
import { parseRfc3339 } from '../http/rfc3339';
import { EventDto, EventPageDto } from './dto/event.dto';
import { DEFAULT_EVENT_PAGE, ListEventsQuery } from './dto/list-events.query';
import { EventsService } from './events.service';

/** Serves the audit trail of all keys and policies. */
@ApiExtraModels(EventPageDto)
@GuardedController('v1/events', 'Events')
@SelfScoped()
export class EventsController {
  constructor(private readonly events: EventsService) {}

  /**
   * Lists the events of the keys and policies that the caller can see, newest first.
   *
   * @remarks
   * The format is JSON, or one event per line if the request prefers `application/x-ndjson` in `Accept`. The `Link` header
   * points to the next page.
   */
  @Get()
  @ApiOkResponse({
    description: 'A page of events.',
    headers: {
      Link: { description: 'The next page, `rel="next"`, if there is one.', schema: { type: 'string' } },
    },
    content: {
      [JSON_TYPE]: { schema: { $ref: getSchemaPath(EventPageDto) } },
      [NDJSON_TYPE]: { schema: { type: 'string', description: 'One ApiKeyEvent per line.' } },
    },
  })
  @GuardedRoute('listEvents', {
    scopes: ['events:read'],
    sessions: true,
    query: ListEventsQuery,
    problems: ['invalid_cursor', 'not_found'],
  })
  async list({
    request,
    query,
    header,
    setHeader,
  }: Call<object, ListEventsQuery>): Promise<EventPageDto | string> {
    const { from, to, ...rest } = query;
    const page = await this.events.list(currentCaller(request), {
      limit: DEFAULT_EVENT_PAGE,
      ...rest,
      from: from === undefined ? undefined : parseRfc3339(from),
      to: to === undefined ? undefined : parseRfc3339(to),
    });
    const data = page.data.map((event) => EventDto.of(event));
    setHeader('Vary', 'Accept');
    if (page.nextCursor !== null) setHeader('Link', nextPageLink(query, page.nextCursor));
    if (preferredType(header('accept'), [JSON_TYPE, NDJSON_TYPE]) !== NDJSON_TYPE)
      return { data, nextCursor: page.nextCursor };
    setHeader('Content-Type', `${NDJSON_TYPE}; charset=utf-8`);
    return data.map((event) => `${JSON.stringify(event)}\n`).join('');
  }
}
