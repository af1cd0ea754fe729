import { StrictSchema } from '../../../http/strict-schema';
import { IsUsername } from './user-rules';
import { MayBeNull } from '../../../http/field-rules';

/** The fields of its own record that a user may change. */
@StrictSchema('UpdateCurrentUserRequest')
export class UpdateMeDto {
  /**
   * A name that is unique among users, in lower case. `null` removes it.
   * @example "ada"
   */
  @MayBeNull()
  @IsUsername()
  username?: string | null;
}
