import { Transform } from 'class-transformer';
import { IsBoolean } from 'class-validator';
import { MayBeAbsent } from '../../../http/field-rules';

const YES_OR_NO = { message: 'must be true or false' };

/** The options of an import. All are off by default. */
export class ImportQuery {
  /**
   * Imports scopes that give access to Keyward's own routes, such as `*`. The calling key must hold them.
   * @example false
   */
  @Flag()
  @MayBeAbsent()
  @IsBoolean(YES_OR_NO)
  allowManagementScopes?: boolean;

  /**
   * Revokes and disables known keys that the other system revoked or disabled. The calling key needs `api-keys:write`.
   * @example false
   */
  @Flag()
  @MayBeAbsent()
  @IsBoolean(YES_OR_NO)
  applyRevocations?: boolean;
}

function Flag(): PropertyDecorator {
  return Transform(({ value }: { value: unknown }) =>
    value === 'true' || value === 'false' ? value === 'true' : value,
  );
}
