import { IsIn } from 'class-validator';
import { StrictSchema } from '../../../http/strict-schema';
import { MayBeAbsent } from '../../../http/field-rules';
import { UpdateMeDto } from './update-me.dto';

/** The fields of a user that an administrator may change. */
@StrictSchema('UpdateUserRequest')
export class UpdateUserDto extends UpdateMeDto {
  /**
   * A disabled user cannot sign in, and its keys do not work.
   * @example "disabled"
   */
  @MayBeAbsent()
  @IsIn(['active', 'disabled'], { message: 'must be "active" or "disabled"' })
  status?: 'active' | 'disabled';
}
