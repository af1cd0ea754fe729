import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  HttpStatus,
  Param,
  Patch,
  Query,
  Res,
  UseFilters,
  UseGuards,
  UsePipes,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiBearerAuth, ApiExtension, ApiNoContentResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { CurrentCaller } from '../api-keys/access/current-caller.decorator';
import {
  AllowSessions,
  Authenticated,
  RequireScopes,
  SelfScoped,
} from '../api-keys/access/require-scopes.decorator';
import { ScopesGuard } from '../api-keys/access/scopes.guard';
import { Uncached } from '../api-keys/access/uncached.decorator';
import type { Caller } from '../api-keys/domain/caller';
import { DEFAULT_PAGE_SIZE } from '../api-keys/dto/list-api-keys.query';
import { IfMatch } from '../api-keys/if-match.decorator';
import { entityTag, readIfMatch } from '../api-keys/if-match';
import { ApiProblems } from '../problems/api-problems.decorator';
import { JsonBodyGuard } from '../problems/media-type.guard';
import { noParameters } from '../problems/no-parameters.pipe';
import { GUARDED, JSON_BODY, SCOPED, SESSION } from '../problems/problem-groups';
import { ProblemFilter } from '../problems/problem.filter';
import { strictValidation } from '../problems/validation';
import type { User } from './domain/user';
import { ListUsersQuery } from './dto/list-users.query';
import { UpdateMeDto } from './dto/update-me.dto';
import { UpdateUserDto } from './dto/update-user.dto';
import { UserDto, UserPageDto } from './dto/user.dto';
import { UsersService } from './users.service';

/** The user routes. */
@ApiTags('Users')
@ApiBearerAuth('bearer')
@ApiSecurity('apiKey')
@Controller('v1/users')
@ApiExtension('x-sessions', true)
@AllowSessions()
@SelfScoped()
@UseGuards(ScopesGuard)
@UseFilters(ProblemFilter)
@UsePipes(strictValidation())
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** Shows the signed-in user. */
  @Get('me')
  @Authenticated()
  @ApiProblems(...GUARDED, ...SESSION, 'session_required')
  async me(
    @CurrentCaller() caller: Caller,
    @Query(noParameters) _query: object,
    @Res({ passthrough: true }) response: object,
  ): Promise<UserDto> {
    return this.shown(await this.users.me(caller), response);
  }

  /** Gives the signed-in user a username, or takes it away. */
  @Patch('me')
  @Authenticated()
  @UseGuards(JsonBodyGuard)
  @IfMatch('user')
  @ApiProblems(
    ...GUARDED,
    ...SESSION,
    ...JSON_BODY,
    'session_required',
    'username_taken',
    'concurrent_change',
  )
  async renameMe(
    @CurrentCaller() caller: Caller,
    @Query(noParameters) _query: object,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() { username }: UpdateMeDto,
    @Res({ passthrough: true }) response: object,
  ): Promise<UserDto> {
    return this.shown(await this.users.renameMe(caller, username, readIfMatch(ifMatch)), response);
  }

  /** Lists users, newest first; for administrators, and for keys that are neither bound nor owned. */
  @Get()
  @RequireScopes('users:read')
  @ApiProblems(...SCOPED, ...SESSION, 'forbidden', 'invalid_cursor')
  async list(@CurrentCaller() caller: Caller, @Query() query: ListUsersQuery): Promise<UserPageDto> {
    const { data, nextCursor } = await this.users.list(caller, { limit: DEFAULT_PAGE_SIZE, ...query });
    return { data: data.map((user) => UserDto.of(user)), nextCursor };
  }

  /** Changes a user. A disabled user and the keys it owns are stopped until it is active again. */
  @Patch(':id')
  @RequireScopes('users:write')
  @Uncached()
  @UseGuards(JsonBodyGuard)
  @IfMatch('user')
  @ApiProblems(
    ...SCOPED,
    ...SESSION,
    ...JSON_BODY,
    'forbidden',
    'not_found',
    'username_taken',
    'concurrent_change',
  )
  async update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query(noParameters) _query: object,
    @Headers('if-match') ifMatch: string | undefined,
    @Body() body: UpdateUserDto,
    @Res({ passthrough: true }) response: object,
  ): Promise<UserDto> {
    const ifVersion = readIfMatch(ifMatch);
    return this.shown(await this.users.update(caller, id, body, ifVersion), response);
  }

  /** Removes a user: its keys stop at once and are revoked, its personal data goes, and its sign-in is free again. */
  @Delete(':id')
  @RequireScopes('users:write')
  @Uncached()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse({ description: 'The user is removed.' })
  @IfMatch('user')
  @ApiProblems(...SCOPED, ...SESSION, ...JSON_BODY, 'forbidden', 'not_found', 'concurrent_change')
  async remove(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query(noParameters) _query: object,
    @Headers('if-match') ifMatch: string | undefined,
  ): Promise<void> {
    await this.users.remove(caller, id, readIfMatch(ifMatch));
  }

  private shown(user: User, response: object): UserDto {
    this.adapterHost.httpAdapter.setHeader(response, 'ETag', entityTag(user.version));
    return UserDto.of(user);
  }
}
