import { Delete, Get, HttpCode, HttpStatus, Inject, Patch, Post } from '@nestjs/common';
import { ApiNoContentResponse } from '../../openapi/decorators';
import type { Call } from '../../http/own-route';
import { ProblemException } from '../../problems/problem.exception';
import { currentCaller, currentKey } from '../access/current-caller';
import { GuardedController, GuardedRoute } from '../access/guarded-route.decorator';
import { SelfScoped } from '../access/access.decorators';
import { ApiKeysService } from './api-keys.service';
import { type Clock, CLOCK } from '../ports/clock';
import type { ApiKey } from '../domain/api-key';
import { ApiKeyDto, ApiKeyPageDto, IssuedApiKeyDto } from './dto/api-key.dto';
import { CreateApiKeyDto } from './dto/create-api-key.dto';
import { HistoryDto } from './dto/history.dto';
import { toCreate, toPatch } from './key-request.mapper';
import { DEFAULT_PAGE_SIZE } from '../../http/page.query';
import { ListApiKeysQuery } from './dto/list-api-keys.query';
import { RotateApiKeyDto } from './dto/rotate-api-key.dto';
import { RevokeApiKeyQuery } from './dto/revoke-api-key.query';
import { UpdateApiKeyDto } from './dto/update-api-key.dto';
import { entityTag, readIfMatch } from '../../http/if-match';
import { KeyUsageService } from './key-usage.service';

/** The management routes. Each one translates HTTP to a call of the service and contains no rules. */
@GuardedController('v1/api-keys', 'API keys')
@SelfScoped()
export class ApiKeysController {
  constructor(
    private readonly apiKeys: ApiKeysService,
    private readonly usage: KeyUsageService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Creates a key and returns its token. The token is shown only once. */
  @Post()
  @GuardedRoute('createApiKey', {
    scopes: ['api-keys:write'],
    sessions: true,
    uncached: true,
    json: CreateApiKeyDto,
    problems: ['delegation_exceeded', 'forbidden', 'key_limit_reached', 'concurrent_change'],
  })
  async create(call: Call<CreateApiKeyDto>): Promise<IssuedApiKeyDto> {
    const { key, token } = await this.apiKeys.create(currentCaller(call.request), toCreate(call.body));
    call.setHeader('Location', `${call.path}/${key.id}`);
    return this.issued(key, token, call);
  }

  /**
   * Lists the keys that the caller can see, newest first.
   *
   * @remarks
   * Imported keys come before all others, because their ids contain no time.
   */
  @Get()
  @GuardedRoute('listApiKeys', {
    scopes: ['api-keys:read'],
    sessions: true,
    query: ListApiKeysQuery,
    problems: ['invalid_cursor'],
  })
  async list({ request, query }: Call<object, ListApiKeysQuery>): Promise<ApiKeyPageDto> {
    const caller = currentCaller(request);
    const { data, nextCursor } = await this.apiKeys.list(caller, { limit: DEFAULT_PAGE_SIZE, ...query });
    const now = this.clock.now();
    const used = await this.usage.lastUsed(data.map(({ id }) => id));
    return { data: data.map((key) => ApiKeyDto.of(key, now, used.get(key.id))), nextCursor };
  }

  /** Returns the key of this request. Requires no scope. */
  @Get('self')
  @GuardedRoute('getCurrentApiKey', { authenticated: true })
  async self(call: Call): Promise<ApiKeyDto> {
    const { id } = currentKey(call.request);
    return this.shownWithUse(await this.apiKeys.get(currentCaller(call.request), id), call);
  }

  /**
   * Revokes the key of this request.
   *
   * @remarks
   * Requires the current token of the key, but no scope. A previous token in its grace period cannot revoke the key.
   * The request is allowed from any address, beyond the rate limit, and even if the key is expired, or the key or its
   * owner is disabled. So anyone who finds a leaked token can revoke its key. Does not accept `If-Match`.
   */
  @Delete('self')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse({ description: 'The key is revoked.' })
  @GuardedRoute('revokeCurrentApiKey', {
    possession: true,
    query: RevokeApiKeyQuery,
    problems: ['rotation_conflict', 'concurrent_change'],
  })
  async revokeSelf({ request, query, header }: Call<object, RevokeApiKeyQuery>): Promise<void> {
    // These requests have no rate limit, so only the one that revokes the key may reach the store.
    if (header('if-match') !== undefined) {
      throw ProblemException.from(
        'invalid_request',
        'Leave out If-Match. This route revokes any version of the key.',
      );
    }
    await this.apiKeys.revoke(currentCaller(request), currentKey(request).id, query.reason);
  }

  /**
   * Gives the key of this request a new token and keeps its id.
   *
   * @remarks
   * Requires the current token: a previous token in its grace period cannot rotate the key.
   */
  @Post('self/rotate')
  @HttpCode(HttpStatus.OK)
  @GuardedRoute('rotateCurrentApiKey', {
    scopes: ['api-keys:rotate-self'],
    uncached: true,
    json: RotateApiKeyDto,
    optionalBody: true,
    ifMatch: 'key',
    problems: ['rotation_conflict', 'concurrent_change'],
  })
  async rotateSelf(call: Call<RotateApiKeyDto>): Promise<IssuedApiKeyDto> {
    return this.rotated(currentKey(call.request).id, call);
  }

  /** Gives a key a new token and keeps its id. The previous token works until the grace period ends. */
  @Post(':id/rotate')
  @HttpCode(HttpStatus.OK)
  @GuardedRoute('rotateApiKey', {
    scopes: ['api-keys:write'],
    sessions: true,
    uncached: true,
    param: 'id',
    json: RotateApiKeyDto,
    optionalBody: true,
    ifMatch: 'key',
    problems: [
      'delegation_exceeded',
      'forbidden',
      'revoked_key_unchangeable',
      'expired_key_unchangeable',
      'rotation_conflict',
      'concurrent_change',
    ],
  })
  async rotate(call: Call<RotateApiKeyDto>): Promise<IssuedApiKeyDto> {
    return this.rotated(idIn(call), call);
  }

  /** Returns a key. Its version is the ETag. */
  @Get(':id')
  @GuardedRoute('getApiKey', { scopes: ['api-keys:read'], sessions: true, param: 'id' })
  async get(call: Call): Promise<ApiKeyDto> {
    return this.shownWithUse(await this.apiKeys.get(currentCaller(call.request), idIn(call)), call);
  }

  /** Changes a key. Fields that are left out do not change; `null` clears a field. */
  @Patch(':id')
  @GuardedRoute('updateApiKey', {
    scopes: ['api-keys:write'],
    sessions: true,
    uncached: true,
    param: 'id',
    json: UpdateApiKeyDto,
    ifMatch: 'key',
    problems: [
      'delegation_exceeded',
      'forbidden',
      'revoked_key_unchangeable',
      'expired_key_unchangeable',
      'concurrent_change',
      'key_limit_reached',
    ],
  })
  async update(call: Call<UpdateApiKeyDto>): Promise<ApiKeyDto> {
    const caller = currentCaller(call.request);
    const id = idIn(call);
    const ifVersion = readIfMatch(call.header('if-match'));
    const lastUsedAt = this.lastUseIfKnown(id);
    const key = await this.apiKeys.update(caller, id, toPatch(call.body), { ifVersion });
    return this.shown(key, call, await lastUsedAt);
  }

  /**
   * Revokes a key permanently.
   *
   * @remarks
   * Its record is kept. Revoking it again changes nothing.
   */
  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse({ description: 'The key is revoked.' })
  @GuardedRoute('revokeApiKey', {
    scopes: ['api-keys:write'],
    sessions: true,
    uncached: true,
    param: 'id',
    query: RevokeApiKeyQuery,
    ifMatch: 'key',
    problems: ['concurrent_change'],
  })
  async revoke(call: Call<object, RevokeApiKeyQuery>): Promise<void> {
    const caller = currentCaller(call.request);
    const ifVersion = readIfMatch(call.header('if-match'));
    await this.apiKeys.revoke(caller, idIn(call), call.query.reason, { ifVersion });
  }

  /** Lists the changes of a key, oldest first: who changed which fields, and when. */
  @Get(':id/history')
  @GuardedRoute('getApiKeyHistory', { scopes: ['api-keys:read'], sessions: true, param: 'id' })
  async history(call: Call): Promise<HistoryDto> {
    return HistoryDto.of(await this.apiKeys.history(currentCaller(call.request), idIn(call)));
  }

  private async rotated(id: string, call: Call<RotateApiKeyDto>): Promise<IssuedApiKeyDto> {
    const { gracePeriodSeconds } = call.body;
    const ifVersion = readIfMatch(call.header('if-match'));
    const caller = currentCaller(call.request);
    const lastUsedAt = this.lastUseIfKnown(id);
    const { key, token } = await this.apiKeys.rotate(caller, id, { gracePeriodSeconds, ifVersion });
    return this.issued(key, token, call, await lastUsedAt);
  }

  private issued(key: ApiKey, token: string, call: Call, lastUsedAt?: Date): IssuedApiKeyDto {
    call.setHeader('Cache-Control', 'no-store');
    return { ...this.shown(key, call, lastUsedAt), token };
  }

  private async shownWithUse(key: ApiKey, call: Call): Promise<ApiKeyDto> {
    return this.shown(key, call, await this.lastUsed(key.id));
  }

  private shown(key: ApiKey, call: Call, lastUsedAt: Date | undefined): ApiKeyDto {
    call.setHeader('ETag', entityTag(key.version));
    return ApiKeyDto.of(key, this.clock.now(), lastUsedAt);
  }

  private async lastUsed(id: string): Promise<Date | undefined> {
    return (await this.usage.lastUsed([id])).get(id);
  }

  /**
   * Returns the time of the last use, or `undefined` if the usage store is unreachable: its outage must not make a
   * change fail.
   */
  private async lastUseIfKnown(id: string): Promise<Date | undefined> {
    return this.lastUsed(id).catch(() => undefined);
  }
}

function idIn({ params }: Call): string {
  return params['id'] ?? '';
}
