import { IsString, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../../../http/field-rules';
import { PageQuery } from '../../../http/page.query';
import { IsUsername } from './user-rules';

/** The filters of a page of users. */
export class ListUsersQuery extends PageQuery {
  /**
   * Only users with exactly this email address.
   * @example "ada@acme.example"
   */
  @MayBeAbsent()
  @IsString({ message: 'must be given once' })
  @MaxLength(320, { message: 'must be at most 320 characters' })
  email?: string;

  /**
   * Only the user with this username.
   * @example "ada"
   */
  @MayBeAbsent()
  @IsUsername()
  username?: string;
}
