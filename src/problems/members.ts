import type { FieldFault } from './problem';
import { UnacceptableFieldError } from './unacceptable-field.error';
import { pointerTo } from './pointer';

/** A rule for a member of an object, and the message if the member breaks it. */
export interface MemberRule {
  readonly message: string;
  readonly passes: (value: unknown) => boolean;
}

/** A rule for each member of a type. */
export type MemberRules<T> = { readonly [K in keyof T]-?: MemberRule };

/** The rule for text. Without it, an object could reach a store as a query operator. */
export const TEXT: MemberRule = { message: 'must be text', passes: (value) => typeof value === 'string' };

/** The rule for a `Date`. */
export const DATE: MemberRule = {
  message: 'must be a valid Date',
  passes: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
};

/** The rule for a boolean. */
export const SWITCH: MemberRule = {
  message: 'must be true or false',
  passes: (value) => typeof value === 'boolean',
};

/** Returns the rule for a text that must be one of those listed. */
export function oneOf(texts: readonly string[]): MemberRule {
  return {
    message: `must be one of ${texts.join(', ')}`,
    passes: (value) => typeof value === 'string' && texts.includes(value),
  };
}

/** The rule for a value that other code checks. It accepts any value. */
export const ANYTHING: MemberRule = { message: '', passes: () => true };

/**
 * Checks the members of an object that a program passes. The compiler does not check them for a caller in JavaScript or
 * after a cast. There, a misspelt filter or limit would otherwise have no effect. See decision record 0082.
 *
 * @param required members that must be present, even if they are `undefined`
 * @param at a JSON Pointer to the object, in error messages
 * @throws UnacceptableFieldError about every member that is unknown, missing or invalid
 */
export function requireMembers<T extends object>(
  given: T,
  rules: MemberRules<T>,
  required: readonly (keyof T & string)[] = [],
  at = '',
): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new UnacceptableFieldError(at, 'must be an object');
  const faults: FieldFault[] = [];
  for (const name in given)
    if (!Object.hasOwn(rules, name))
      faults.push({ field: `${at}${pointerTo(name)}`, message: 'is not a known field' });
  // Not only enumerable members, because a class may define them with getters.
  for (const [name, { passes, message }] of Object.entries<MemberRule>(rules)) {
    const value: unknown = Reflect.get(given, name);
    if (value !== undefined && !passes(value)) faults.push({ field: `${at}/${name}`, message });
  }
  for (const name of required)
    if (!(name in given)) faults.push({ field: `${at}/${name}`, message: 'is missing' });
  if (faults.length > 0) throw new UnacceptableFieldError(faults);
}
