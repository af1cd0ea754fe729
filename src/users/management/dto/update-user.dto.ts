import { IsIn } from 'class-validator';
import { StrictSchema } from '../../../http/strict-schema';
import { MayBeAbsent } from '../../../http/field-rules';
import { UpdateMeDto } from './update-me.dto';

/** What an administrator may change of a user. */
@StrictSchema('UpdateUserRequest')
export class UpdateUserDto extends UpdateMeDto {
  /**
   * A disabled user and the keys it owns are stopped.
   * @example "disabled"
   */
  @MayBeAbsent()
  @IsIn(['active', 'disabled'], { message: 'must be "active" or "disabled"' })
  status?: 'active' | 'disabled';
}
