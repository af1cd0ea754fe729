import { Delete, Get, HttpCode, HttpStatus, Patch } from '@nestjs/common';
import { ApiNoContentResponse } from '../../openapi/decorators';
import type { Caller } from '../../api-keys/domain/caller';
import { currentCaller } from '../../api-keys/access/current-caller';
import { GuardedController, GuardedRoute } from '../../api-keys/access/guarded-route.decorator';
import { SelfScoped } from '../../api-keys/access/access.decorators';
import { DEFAULT_PAGE_SIZE } from '../../http/page.query';
import { entityTag, readIfMatch } from '../../http/if-match';
import type { Call } from '../../http/own-route';
import type { User } from '../domain/user';
import { ListUsersQuery } from './dto/list-users.query';
import { UpdateMeDto } from './dto/update-me.dto';
import { UpdateUserDto } from './dto/update-user.dto';
import { CurrentUserDto, UserDto, UserPageDto } from './dto/user.dto';
import { UsersService } from './users.service';

/** The user routes. */
@GuardedController('v1/users', 'Users')
@SelfScoped()
export class UsersController {
  constructor(private readonly users: UsersService) {}

  /** Returns the signed-in user. */
  @Get('me')
  @GuardedRoute('getCurrentUser', { authenticated: true, sessions: true, problems: ['session_required'] })
  async me(call: Call): Promise<CurrentUserDto> {
    const caller = currentCaller(call.request);
    return current(await this.users.me(caller), caller, call);
  }

  /** Sets or removes the username of the signed-in user. */
  @Patch('me')
  @GuardedRoute('updateCurrentUser', {
    authenticated: true,
    sessions: true,
    json: UpdateMeDto,
    ifMatch: 'user',
    problems: ['session_required', 'username_taken', 'concurrent_change'],
  })
  async renameMe(call: Call<UpdateMeDto>): Promise<CurrentUserDto> {
    const caller = currentCaller(call.request);
    const ifVersion = readIfMatch(call.header('if-match'));
    return current(await this.users.renameMe(caller, call.body.username, ifVersion), caller, call);
  }

  /** Lists users, newest first. Only for administrators, and for keys that have neither a binding nor an owner. */
  @Get()
  @GuardedRoute('listUsers', {
    scopes: ['users:read'],
    sessions: true,
    query: ListUsersQuery,
    problems: ['forbidden', 'invalid_cursor'],
  })
  async list({ request, query }: Call<object, ListUsersQuery>): Promise<UserPageDto> {
    const caller = currentCaller(request);
    const { data, nextCursor } = await this.users.list(caller, { limit: DEFAULT_PAGE_SIZE, ...query });
    return { data: data.map((user) => UserDto.of(user)), nextCursor };
  }

  /** Changes a user. While a user is disabled, it cannot sign in and its keys do not work. */
  @Patch(':id')
  @GuardedRoute('updateUser', {
    scopes: ['users:write'],
    sessions: true,
    uncached: true,
    param: 'id',
    json: UpdateUserDto,
    ifMatch: 'user',
    problems: ['forbidden', 'username_taken', 'concurrent_change'],
  })
  async update(call: Call<UpdateUserDto>): Promise<UserDto> {
    const caller = currentCaller(call.request);
    const ifVersion = readIfMatch(call.header('if-match'));
    return shown(await this.users.update(caller, call.params['id'] ?? '', call.body, ifVersion), call);
  }

  /** Removes a user and its personal data, and revokes its keys. The person can sign in again as a new user. */
  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiNoContentResponse({ description: 'The user is removed.' })
  @GuardedRoute('deleteUser', {
    scopes: ['users:write'],
    sessions: true,
    uncached: true,
    param: 'id',
    ifMatch: 'user',
    problems: ['forbidden', 'concurrent_change'],
  })
  async remove({ request, params, header }: Call): Promise<void> {
    await this.users.remove(currentCaller(request), params['id'] ?? '', readIfMatch(header('if-match')));
  }
}

function shown(user: User, call: Call): UserDto {
  call.setHeader('ETag', entityTag(user.version));
  return UserDto.of(user);
}

function current(user: User, { administered = [] }: Caller, call: Call): CurrentUserDto {
  return { ...shown(user, call), administeredOrgIds: administered.flatMap(({ orgId }) => orgId ?? []) };
}
