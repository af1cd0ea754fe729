import { ApiProperty, ApiSchema } from '../../../openapi/decorators';
import { INT64 } from '../../../common/int64';
import { PageDto } from '../../../http/page.dto';
import type { User, UserStatus } from '../../domain/user';

/** A person who signs in. */
@ApiSchema({ name: 'User' })
export class UserDto {
  /** @example "01jd8x4k2m6n8p0q2r4s6t8v0w" */
  id!: string;

  /** @example "https://id.example.com" */
  issuer!: string;

  /** @example "248289761001" */
  subject!: string;

  /** @example "ada@acme.example" */
  email!: string | null;

  /** @example true */
  emailVerified!: boolean;

  /** @example "Ada Lovelace" */
  name!: string | null;

  /** @example "https://id.example.com/ada.png" */
  picture!: string | null;

  /** @example "ada" */
  username!: string | null;

  /** @example "active" */
  status!: UserStatus;

  /** @example "2026-11-24T09:30:00.000Z" */
  createdAt!: Date;

  /** @example "2026-11-24T09:30:00.000Z" */
  lastLoginAt!: Date;

  /** @example 1 */
  @ApiProperty(INT64)
  version!: number;

  /** Returns the public fields of a user. */
  static of(user: User): UserDto {
    return {
      id: user.id,
      issuer: user.issuer,
      subject: user.subject,
      email: user.email ?? null,
      emailVerified: user.emailVerified,
      name: user.name ?? null,
      picture: user.picture ?? null,
      username: user.username ?? null,
      status: user.status,
      createdAt: user.createdAt,
      lastLoginAt: user.lastLoginAt,
      version: user.version,
    };
  }
}

/** The signed-in user. */
@ApiSchema({ name: 'CurrentUser' })
export class CurrentUserDto extends UserDto {
  /**
   * The organisations whose keys this session administers.
   * @example ["acme"]
   */
  administeredOrgIds!: string[];
}

/** One page of users, newest first. */
@ApiSchema({ name: 'UserPage' })
export class UserPageDto extends PageDto {
  data!: UserDto[];
}
