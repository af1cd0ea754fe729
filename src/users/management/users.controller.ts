import { Delete, Get, HttpCode, HttpStatus, Patch, UseFilters, UseGuards } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExtension,
  ApiNoContentResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { currentCaller } from '../../api-keys/access/current-caller';
import {
  AllowSessions,
  Authenticated,
  RequireScopes,
  SelfScoped,
} from '../../api-keys/access/require-scopes.decorator';
import { ScopesGuard } from '../../api-keys/access/scopes.guard';
import { Uncached } from '../../api-keys/access/uncached.decorator';
import { DEFAULT_PAGE_SIZE } from '../../http/page.query';
import { IfMatch } from '../../http/if-match.decorator';
import { entityTag, readIfMatch } from '../../http/if-match';
import { type Call, OwnController, OwnRoute } from '../../http/own-route';
import { OwnRouteGuard } from '../../api-keys/access/own-route.guard';
import { ApiProblems } from '../../problems/api-problems.decorator';
import { GUARDED, JSON_BODY, SCOPED, SESSION } from '../../problems/problem-groups';
import { ProblemFilter } from '../../problems/problem.filter';
import type { User } from '../domain/user';
import { ListUsersQuery } from './dto/list-users.query';
import { UpdateMeDto } from './dto/update-me.dto';
import { UpdateUserDto } from './dto/update-user.dto';
import { UserDto, UserPageDto } from './dto/user.dto';
import { UsersService } from './users.service';

/** The user routes. */
@ApiTags('Users')
@ApiBearerAuth('bearer')
@OwnController('v1/users')
@ApiExtension('x-sessions', true)
@AllowSessions()
@SelfScoped()
@UseGuards(ScopesGuard, OwnRouteGuard)
@UseFilters(ProblemFilter)
export class UsersController {
  constructor(private readonly users: UsersService) {}

  /** Shows the signed-in user. */
  @Get('me')
  @Authenticated()
  @ApiProblems(...GUARDED, ...SESSION, 'session_required')
  @ApiOperation({ operationId: 'getCurrentUser' })
  @OwnRoute()
  async me(call: Call): Promise<UserDto> {
    return shown(await this.users.me(currentCaller(call.request)), call);
  }

  /** Gives the signed-in user a username, or takes it away. */
  @Patch('me')
  @Authenticated()
  @IfMatch('user')
  @ApiProblems(
    ...GUARDED,
    ...SESSION,
    ...JSON_BODY,
    'session_required',
    'username_taken',
    'concurrent_change',
  )
  @ApiOperation({ operationId: 'updateCurrentUser' })
  @OwnRoute({ json: UpdateMeDto })
  async renameMe(call: Call<UpdateMeDto>): Promise<UserDto> {
    const caller = currentCaller(call.request);
    const ifVersion = readIfMatch(call.header('if-match'));
    return shown(await this.users.renameMe(caller, call.body.username, ifVersion), call);
  }

  /** Lists users, newest first; for administrators, and for keys that are neither bound nor owned. */
  @Get()
  @RequireScopes('users:read')
  @ApiProblems(...SCOPED, ...SESSION, 'forbidden', 'invalid_cursor')
  @ApiOperation({ operationId: 'listUsers' })
  @OwnRoute({ query: ListUsersQuery })
  async list({ request, query }: Call<object, ListUsersQuery>): Promise<UserPageDto> {
    const caller = currentCaller(request);
    const { data, nextCursor } = await this.users.list(caller, { limit: DEFAULT_PAGE_SIZE, ...query });
    return { data: data.map((user) => UserDto.of(user)), nextCursor };
  }

  /** Changes a user. A disabled user and the keys it owns are stopped until it is active again. */
  @Patch(':id')
  @ApiParam({ name: 'id', type: String })
  @RequireScopes('users:write')
  @Uncached()
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
  @ApiOperation({ operationId: 'updateUser' })
  @OwnRoute({ json: UpdateUserDto })
  async update(call: Call<UpdateUserDto>): Promise<UserDto> {
    const caller = currentCaller(call.request);
    const ifVersion = readIfMatch(call.header('if-match'));
    return shown(await this.users.update(caller, call.params['id'] ?? '', call.body, ifVersion), call);
  }

  /** Removes a user: its keys stop at once and are revoked, its personal data goes, and its sign-in is free again. */
  @Delete(':id')
  @ApiParam({ name: 'id', type: String })
  @RequireScopes('users:write')
  @Uncached()
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse({ description: 'The user is removed.' })
  @IfMatch('user')
  @ApiProblems(...SCOPED, ...SESSION, 'forbidden', 'not_found', 'concurrent_change')
  @ApiOperation({ operationId: 'deleteUser' })
  @OwnRoute()
  async remove({ request, params, header }: Call): Promise<void> {
    await this.users.remove(currentCaller(request), params['id'] ?? '', readIfMatch(header('if-match')));
  }
}

function shown(user: User, call: Call): UserDto {
  call.setHeader('ETag', entityTag(user.version));
  return UserDto.of(user);
}
