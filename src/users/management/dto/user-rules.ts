import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { rule } from '../../../http/field-rules';
import { foldUsername } from '../../domain/user';

/** Requires a username, and converts it to the form in which it is stored. */
export function IsUsername(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (foldUsername(value) ?? value) : value,
    ),
    rule(
      'isUsername',
      'must be 1 to 39 characters of a-z 0-9 . _ - that begin and end with a letter or a digit',
      (value) => typeof value === 'string' && foldUsername(value) === value,
      // Requests may use upper case.
      { pattern: '^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,37}[A-Za-z0-9])?$' },
    ),
  );
}
