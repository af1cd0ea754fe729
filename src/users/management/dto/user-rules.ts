import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { foldUsername } from '../../domain/user';

/** A username, folded to the form in which it is kept. */
export function IsUsername(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (foldUsername(value) ?? value) : value,
    ),
    ValidateBy({
      name: 'isUsername',
      validator: {
        validate: (value) => typeof value === 'string' && foldUsername(value) === value,
        defaultMessage: () =>
          'must be 1 to 39 characters of a-z 0-9 . _ - that begin and end with a letter or a digit',
      },
    }),
    // Upper case is folded.
    ApiProperty({ pattern: '^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,37}[A-Za-z0-9])?$' }),
  );
}
