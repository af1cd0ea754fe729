import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  Headers,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  Patch,
  Post,
  Query,
  Res,
  UseFilters,
  UseGuards,
  UsePipes,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiBearerAuth, ApiExtension, ApiNoContentResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../problems/api-problems.decorator';
import { JsonBodyGuard } from '../problems/media-type.guard';
import { noParameters } from '../problems/no-parameters.pipe';
import { problemOf } from '../problems/problem';
import { ProblemException } from '../problems/problem.exception';
import { GUARDED, JSON_BODY, SCOPED, SESSION } from '../problems/problem-groups';
import { ProblemFilter } from '../problems/problem.filter';
import { strictValidation } from '../problems/validation';
import { CurrentApiKey, type CurrentKey } from './access/current-api-key.decorator';
import { CurrentCaller } from './access/current-caller.decorator';
import { AllowSessions, Authenticated, RequireScopes, SelfScoped } from './access/require-scopes.decorator';
import { ScopesGuard } from './access/scopes.guard';
import { Uncached } from './access/uncached.decorator';
import { Uncounted } from './access/uncounted.decorator';
import { ApiKeysService } from './api-keys.service';
import { CLOCK } from './clock.token';
import type { ApiKey } from './domain/api-key';
import type { Caller } from './domain/caller';
import type { Clock } from './domain/clock';
import { ApiKeyDto, ApiKeyPageDto, IssuedApiKeyDto, ShownApiKeyDto } from './dto/api-key.dto';
import { CreateApiKeyDto } from './dto/create-api-key.dto';
import { HistoryDto } from './dto/history.dto';
import { toCreate, toPatch } from './dto/key-request.mapper';
import { DEFAULT_PAGE_SIZE, ListApiKeysQuery } from './dto/list-api-keys.query';
import { RotateApiKeyDto } from './dto/rotate-api-key.dto';
import { RevokeApiKeyQuery } from './dto/revoke-api-key.query';
import { UpdateApiKeyDto } from './dto/update-api-key.dto';
import { IfMatch } from './if-match.decorator';
import { entityTag, readIfMatch } from './if-match';
import { KeyUsageService } from './usage/key-usage.service';

/** The management routes: each translates HTTP to a call of the service, and holds no rule of its own. */
@ApiTags('API keys')
@ApiBearerAuth('bearer')
@ApiSecurity('apiKey')
@Controller('v1/api-keys')
@SelfScoped()
@UseGuards(ScopesGuard)
@UseFilters(ProblemFilter)
@UsePipes(strictValidation())
export class ApiKeysController {
  constructor(
    private readonly apiKeys: ApiKeysService,
    private readonly usage: KeyUsageService,
    private readonly adapterHost: HttpAdapterHost,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Makes a key and shows its token, this once. */
  @Post()
  @AllowSessions()
  @ApiExtension('x-sessions', true)
  @RequireScopes('api-keys:write')
  @Uncached()
  @UseGuards(JsonBodyGuard)
  @Header('Cache-Control', 'no-store')
  @ApiProblems(...SCOPED, ...SESSION, ...JSON_BODY, 'delegation_exceeded', 'key_limit_reached')
  async create(
    @CurrentCaller() caller: Caller,
    @Query(noParameters) _query: object,
    @Body() body: CreateApiKeyDto,
    @Res({ passthrough: true }) response: object,
  ): Promise<IssuedApiKeyDto> {
    const { key, token } = await this.apiKeys.create(caller, toCreate(body));
    this.adapterHost.httpAdapter.setHeader(response, 'Location', `/v1/api-keys/${key.id}`);
    return { ...this.shown(key, response), token };
  }

  /** Lists the keys in the caller's sight, newest first; imported ones, whose ids tell no time, before all others. */
  @Get()
  @AllowSessions()
  @ApiExtension('x-sessions', true)
  @RequireScopes('api-keys:read')
  @ApiProblems(...SCOPED, ...SESSION, 'invalid_cursor')
  async list(@CurrentCaller() caller: Caller, @Query() query: ListApiKeysQuery): Promise<ApiKeyPageDto> {
    const { data, nextCursor } = await this.apiKeys.list(caller, { limit: DEFAULT_PAGE_SIZE, ...query });
    const now = this.clock.now();
    const used = await this.usage.lastUsed(data.map(({ id }) => id));
    return { data: data.map((key) => ShownApiKeyDto.shown(key, now, used.get(key.id))), nextCursor };
  }

  /** Shows the presented key itself, whatever its scopes. */
  @Get('self')
  @Authenticated()
  @ApiProblems(...GUARDED)
  async self(
    @CurrentCaller() caller: Caller,
    @CurrentApiKey() { id }: CurrentKey,
    @Query(noParameters) _query: object,
    @Res({ passthrough: true }) response: object,
  ): Promise<ShownApiKeyDto> {
    return this.shownWithUse(await this.apiKeys.get(caller, id), response);
  }

  /**
   * Revokes the presented key itself, so that whoever holds a leaked key can kill it: also where a thief has used up its
   * rate limit. Takes no `If-Match`.
   */
  @Delete('self')
  @Authenticated()
  @Uncounted()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse({ description: 'The key is revoked.' })
  @ApiProblems(...GUARDED, ...JSON_BODY, 'concurrent_change')
  async revokeSelf(
    @CurrentCaller() caller: Caller,
    @CurrentApiKey() { id }: CurrentKey,
    @Query() { reason }: RevokeApiKeyQuery,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    // Nothing counts these requests: none but the one that ends the key may reach the store.
    if (ifMatch !== undefined) {
      throw new ProblemException(
        problemOf('invalid_request', 'Leave out If-Match: a key is killed as it is.'),
      );
    }
    await this.apiKeys.revoke(caller, id, reason);
  }

  /**
   * Gives the presented key a new token under the same id. Takes its newest token only: one that is itself in grace
   * cannot.
   */
  @Post('self/rotate')
  @RequireScopes('api-keys:rotate-self')
  @Uncached()
  @HttpCode(HttpStatus.OK)
  @Header('Cache-Control', 'no-store')
  @UseGuards(JsonBodyGuard)
  @IfMatch('key')
  @ApiProblems(...SCOPED, ...JSON_BODY, 'rotation_conflict', 'concurrent_change')
  async rotateSelf(
    @CurrentCaller() caller: Caller,
    @CurrentApiKey() { id }: CurrentKey,
    @Query(noParameters) _query: object,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { gracePeriodSeconds }: RotateApiKeyDto,
    @Res({ passthrough: true }) response: object,
  ): Promise<IssuedApiKeyDto> {
    const ifVersion = readIfMatch(ifMatch);
    const { key, token } = await this.apiKeys.rotate(caller, id, { gracePeriodSeconds, ifVersion });
    return { ...this.shown(key, response), token };
  }

  /** Gives a key a new token under the same id. The former one works until the grace period ends. */
  @Post(':id/rotate')
  @AllowSessions()
  @ApiExtension('x-sessions', true)
  @RequireScopes('api-keys:write')
  @Uncached()
  @HttpCode(HttpStatus.OK)
  @Header('Cache-Control', 'no-store')
  @UseGuards(JsonBodyGuard)
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
  async rotate(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query(noParameters) _query: object,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { gracePeriodSeconds }: RotateApiKeyDto,
    @Res({ passthrough: true }) response: object,
  ): Promise<IssuedApiKeyDto> {
    const ifVersion = readIfMatch(ifMatch);
    const { key, token } = await this.apiKeys.rotate(caller, id, { gracePeriodSeconds, ifVersion });
    return { ...this.shown(key, response), token };
  }

  /** Shows a key. The ETag is its version. */
  @Get(':id')
  @AllowSessions()
  @ApiExtension('x-sessions', true)
  @RequireScopes('api-keys:read')
  @ApiProblems(...SCOPED, ...SESSION, 'not_found')
  async get(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query(noParameters) _query: object,
    @Res({ passthrough: true }) response: object,
  ): Promise<ShownApiKeyDto> {
    return this.shownWithUse(await this.apiKeys.get(caller, id), response);
  }

  /** Changes a key. What is left out stays, null clears. */
  @Patch(':id')
  @AllowSessions()
  @ApiExtension('x-sessions', true)
  @UseGuards(JsonBodyGuard)
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
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query(noParameters) _query: object,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: UpdateApiKeyDto,
    @Res({ passthrough: true }) response: object,
  ): Promise<ApiKeyDto> {
    const ifVersion = readIfMatch(ifMatch);
    return this.shown(await this.apiKeys.update(caller, id, toPatch(body), { ifVersion }), response);
  }

  /** Revokes a key for good. Its record stays; revoking it again changes nothing. */
  @Delete(':id')
  @AllowSessions()
  @ApiExtension('x-sessions', true)
  @RequireScopes('api-keys:write')
  @Uncached()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse({ description: 'The key is revoked.' })
  @IfMatch('key')
  @ApiProblems(...SCOPED, ...SESSION, ...JSON_BODY, 'not_found', 'concurrent_change')
  async revoke(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() { reason }: RevokeApiKeyQuery,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.apiKeys.revoke(caller, id, reason, { ifVersion: readIfMatch(ifMatch) });
  }

  /** Shows who changed what, when; oldest first. */
  @Get(':id/history')
  @AllowSessions()
  @ApiExtension('x-sessions', true)
  @RequireScopes('api-keys:read')
  @ApiProblems(...SCOPED, ...SESSION, 'not_found')
  async history(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query(noParameters) _query: object,
  ): Promise<HistoryDto> {
    return HistoryDto.of(await this.apiKeys.history(caller, id));
  }

  private async shownWithUse(key: ApiKey, response: object): Promise<ShownApiKeyDto> {
    const used = await this.usage.lastUsed([key.id]);
    return { ...this.shown(key, response), lastUsedAt: used.get(key.id) ?? null };
  }

  private shown(key: ApiKey, response: object): ApiKeyDto {
    this.adapterHost.httpAdapter.setHeader(response, 'ETag', entityTag(key.version));
    return ApiKeyDto.of(key, this.clock.now());
  }
}
