import {
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Inject,
  Patch,
  Post,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExtension,
  ApiNoContentResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { type Call, OwnController, OwnRoute } from '../../http/own-route';
import { OwnRouteGuard } from '../access/own-route.guard';
import { ApiProblems } from '../../problems/api-problems.decorator';
import { problemOf } from '../../problems/problem';
import { ProblemException } from '../../problems/problem.exception';
import { GUARDED, JSON_BODY, POSSESSION, SCOPED, SESSION } from '../../problems/problem-groups';
import { ProblemFilter } from '../../problems/problem.filter';
import { currentCaller, currentKey } from '../access/current-caller';
import { Possession } from '../access/possession.decorator';
import { AllowSessions, Authenticated, RequireScopes, SelfScoped } from '../access/require-scopes.decorator';
import { ScopesGuard } from '../access/scopes.guard';
import { Uncached } from '../access/uncached.decorator';
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
import { IfMatch } from '../../http/if-match.decorator';
import { entityTag, readIfMatch } from '../../http/if-match';
import { KeyUsageService } from './key-usage.service';

/** The management routes: each translates HTTP to a call of the service, and holds no rule of its own. */
@ApiTags('API keys')
@ApiBearerAuth('bearer')
@OwnController('v1/api-keys')
@SelfScoped()
@UseGuards(ScopesGuard, OwnRouteGuard)
@UseFilters(ProblemFilter)
export class ApiKeysController {
  constructor(
    private readonly apiKeys: ApiKeysService,
    private readonly usage: KeyUsageService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Makes a key and shows its token, this once. */
  @Post()
  @AllowSessions()
  @ApiExtension('x-sessions', true)
  @RequireScopes('api-keys:write')
  @Uncached()
  @ApiProblems(...SCOPED, ...SESSION, ...JSON_BODY, 'delegation_exceeded', 'key_limit_reached')
  @ApiOperation({ operationId: 'createApiKey' })
  @OwnRoute({ json: CreateApiKeyDto })
  async create(call: Call<CreateApiKeyDto>): Promise<IssuedApiKeyDto> {
    const { key, token } = await this.apiKeys.create(currentCaller(call.request), toCreate(call.body));
    call.setHeader('Location', `${call.path}/${key.id}`);
    return this.issued(key, token, call);
  }

  /** Lists the keys in the caller's sight, newest first; imported ones, whose ids tell no time, before all others. */
  @Get()
  @AllowSessions()
  @ApiExtension('x-sessions', true)
  @RequireScopes('api-keys:read')
  @ApiProblems(...SCOPED, ...SESSION, 'invalid_cursor')
  @ApiOperation({ operationId: 'listApiKeys' })
  @OwnRoute({ query: ListApiKeysQuery })
  async list({ request, query }: Call<object, ListApiKeysQuery>): Promise<ApiKeyPageDto> {
    const caller = currentCaller(request);
    const { data, nextCursor } = await this.apiKeys.list(caller, { limit: DEFAULT_PAGE_SIZE, ...query });
    const now = this.clock.now();
    const used = await this.usage.lastUsed(data.map(({ id }) => id));
    return { data: data.map((key) => ApiKeyDto.of(key, now, used.get(key.id))), nextCursor };
  }

  /** Shows the presented key itself, whatever its scopes. */
  @Get('self')
  @Authenticated()
  @ApiProblems(...GUARDED)
  @ApiOperation({ operationId: 'getCurrentApiKey' })
  @OwnRoute()
  async self(call: Call): Promise<ApiKeyDto> {
    const { id } = currentKey(call.request);
    return this.shownWithUse(await this.apiKeys.get(currentCaller(call.request), id), call);
  }

  /**
   * Revokes the presented key itself. Requires only its current token, so the holder of a leaked key can always revoke it:
   * from any address, past its rate limit, and even if the key is disabled or expired or its owner is disabled. A token in
   * grace is not the current one. Takes no `If-Match`.
   */
  @Delete('self')
  @Possession()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse({ description: 'The key is revoked.' })
  @ApiProblems(...POSSESSION, 'rotation_conflict', 'concurrent_change')
  @ApiOperation({ operationId: 'revokeCurrentApiKey' })
  @OwnRoute({ query: RevokeApiKeyQuery })
  async revokeSelf({ request, query, header }: Call<object, RevokeApiKeyQuery>): Promise<void> {
    // Nothing counts these requests: none but the one that ends the key may reach the store.
    if (header('if-match') !== undefined) {
      throw new ProblemException(
        problemOf('invalid_request', 'Leave out If-Match: a key is killed as it is.'),
      );
    }
    await this.apiKeys.revoke(currentCaller(request), currentKey(request).id, query.reason);
  }

  /**
   * Gives the presented key a new token under the same id. Takes its newest token only: one that is itself in grace
   * cannot.
   */
  @Post('self/rotate')
  @RequireScopes('api-keys:rotate-self')
  @Uncached()
  @HttpCode(HttpStatus.OK)
  @IfMatch('key')
  @ApiProblems(...SCOPED, ...JSON_BODY, 'rotation_conflict', 'concurrent_change')
  @ApiOperation({ operationId: 'rotateCurrentApiKey' })
  @OwnRoute({ json: RotateApiKeyDto, optionalBody: true })
  async rotateSelf(call: Call<RotateApiKeyDto>): Promise<IssuedApiKeyDto> {
    return this.rotated(currentKey(call.request).id, call);
  }

  /** Gives a key a new token under the same id. The former one works until the grace period ends. */
  @Post(':id/rotate')
  @ApiParam({ name: 'id', type: String })
  @AllowSessions()
  @ApiExtension('x-sessions', true)
  @RequireScopes('api-keys:write')
  @Uncached()
  @HttpCode(HttpStatus.OK)
  @IfMatch('key')
  @ApiProblems(
    ...SCOPED,
    ...SESSION,
    ...JSON_BODY,
    'delegation_exceeded',
    'not_found',
    'revoked_key_unchangeable',
    'expired_key_unchangeable',
    'rotation_conflict',
    'concurrent_change',
  )
  @ApiOperation({ operationId: 'rotateApiKey' })
  @OwnRoute({ json: RotateApiKeyDto, optionalBody: true })
  async rotate(call: Call<RotateApiKeyDto>): Promise<IssuedApiKeyDto> {
    return this.rotated(idIn(call), call);
  }

  /** Shows a key. The ETag is its version. */
  @Get(':id')
  @ApiParam({ name: 'id', type: String })
  @AllowSessions()
  @ApiExtension('x-sessions', true)
  @RequireScopes('api-keys:read')
  @ApiProblems(...SCOPED, ...SESSION, 'not_found')
  @ApiOperation({ operationId: 'getApiKey' })
  @OwnRoute()
  async get(call: Call): Promise<ApiKeyDto> {
    return this.shownWithUse(await this.apiKeys.get(currentCaller(call.request), idIn(call)), call);
  }

  /** Changes a key. What is left out stays, null clears. */
  @Patch(':id')
  @ApiParam({ name: 'id', type: String })
  @AllowSessions()
  @ApiExtension('x-sessions', true)
  @RequireScopes('api-keys:write')
  @Uncached()
  @IfMatch('key')
  @ApiProblems(
    ...SCOPED,
    ...SESSION,
    ...JSON_BODY,
    'delegation_exceeded',
    'not_found',
    'revoked_key_unchangeable',
    'expired_key_unchangeable',
    'concurrent_change',
    'key_limit_reached',
  )
  @ApiOperation({ operationId: 'updateApiKey' })
  @OwnRoute({ json: UpdateApiKeyDto })
  async update(call: Call<UpdateApiKeyDto>): Promise<ApiKeyDto> {
    const caller = currentCaller(call.request);
    const id = idIn(call);
    const ifVersion = readIfMatch(call.header('if-match'));
    const lastUsedAt = this.lastUseIfKnown(id);
    const key = await this.apiKeys.update(caller, id, toPatch(call.body), { ifVersion });
    return this.shown(key, call, await lastUsedAt);
  }

  /** Revokes a key for good. Its record stays; revoking it again changes nothing. */
  @Delete(':id')
  @ApiParam({ name: 'id', type: String })
  @AllowSessions()
  @ApiExtension('x-sessions', true)
  @RequireScopes('api-keys:write')
  @Uncached()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse({ description: 'The key is revoked.' })
  @IfMatch('key')
  @ApiProblems(...SCOPED, ...SESSION, 'not_found', 'concurrent_change')
  @ApiOperation({ operationId: 'revokeApiKey' })
  @OwnRoute({ query: RevokeApiKeyQuery })
  async revoke(call: Call<object, RevokeApiKeyQuery>): Promise<void> {
    const caller = currentCaller(call.request);
    const ifVersion = readIfMatch(call.header('if-match'));
    await this.apiKeys.revoke(caller, idIn(call), call.query.reason, { ifVersion });
  }

  /** Shows who changed what, when; oldest first. */
  @Get(':id/history')
  @ApiParam({ name: 'id', type: String })
  @AllowSessions()
  @ApiExtension('x-sessions', true)
  @RequireScopes('api-keys:read')
  @ApiProblems(...SCOPED, ...SESSION, 'not_found')
  @ApiOperation({ operationId: 'getApiKeyHistory' })
  @OwnRoute()
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

  /** For answers to changes: neither a rotation nor a disabling fails because a store of counts is away. */
  private async lastUseIfKnown(id: string): Promise<Date | undefined> {
    return this.lastUsed(id).catch(() => undefined);
  }
}

function idIn({ params }: Call): string {
  return params['id'] ?? '';
}
