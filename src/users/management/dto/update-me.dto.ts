import { StrictSchema } from '../../../http/strict-schema';
import { IsUsername } from './user-rules';
import { MayBeNull } from '../../../http/field-rules';

/** What a user may change of itself. */
@StrictSchema('UpdateCurrentUserRequest')
export class UpdateMeDto {
  /**
   * A name unique among users, in lower case; `null` takes it away.
   * @example "ada"
   */
  @MayBeNull()
  @IsUsername()
  username?: string | null;
}
