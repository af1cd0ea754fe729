import { ConfigurationError } from '../../problems/configuration.error';

/**
 * Checks the value of one option.
 *
 * @param name the full name, such as `tokens.prefixes`
 * @throws ConfigurationError with the name of the option and the remedy
 */
export type Rule = (value: unknown, name: string) => void;

/** A rule for each option of a group. */
export type Rules<T> = { readonly [K in keyof T]-?: Rule };

/**
 * Returns a rule for a group of options. It rejects every name without a rule, because a misspelt option would silently
 * keep its default.
 *
 * @param required options that are checked even if they are omitted
 * @param elsewhere where other options belong, as text at the end of the error about an unknown name
 */
export function group<T extends object>(
  rules: Rules<T>,
  required: readonly (keyof T)[] = [],
  elsewhere = '',
): Rule {
  const known = Object.entries<Rule>(rules);
  const names = known.map(([each]) => each).join(', ');
  return (value, name) => {
    const full = (each: string): string => (name === '' ? each : `${name}.${each}`);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ConfigurationError(`${name || 'the options of Keyward'} must be an object with ${names}.`);
    }
    const unknown = Object.keys(value).find((each) => !Object.hasOwn(rules, each));
    if (unknown !== undefined) {
      throw new ConfigurationError(`${full(unknown)} is not an option: use one of ${names}${elsewhere}.`);
    }
    for (const [each, check] of known) {
      const given: unknown = Reflect.get(value, each);
      if (given !== undefined || required.includes(each as keyof T)) check(given, full(each));
    }
  };
}

/** Returns a rule that throws `<name> <complaint>.` unless the value passes. The complaint says what to use. */
export function rule(passes: (value: unknown) => boolean, complaint: string): Rule {
  return (value, name) => {
    if (!passes(value)) throw new ConfigurationError(`${name} ${complaint}.`);
  };
}

/** Returns a rule for a whole number within a range, both ends included. */
export function whole(unit: string, min: number, max: number): Rule {
  return rule(
    (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
    `is out of range: use ${unit} from ${min} to ${max}`,
  );
}

/** Returns a rule for one of a few values. */
export function oneOf(...choices: readonly unknown[]): Rule {
  const shown = choices.map((choice) => JSON.stringify(choice)).join(' or ');
  return rule((value) => choices.includes(value), `is unknown: use ${shown}`);
}

/** Returns a rule for text that matches a pattern. */
export function text(pattern: RegExp, complaint: string): Rule {
  return rule((value) => typeof value === 'string' && pattern.test(value), complaint);
}

/** Returns a rule for a list of strings that must all pass a check. */
export function textsThat(passes: (each: string) => boolean, complaint: string): Rule {
  return all(
    TEXTS,
    rule((value) => (value as readonly string[]).every(passes), complaint),
  );
}

/** Returns a rule that applies all of these rules, in order. */
export function all(...rules: readonly Rule[]): Rule {
  return (value, name) => rules.forEach((each) => each(value, name));
}

/** The rule for a list of strings. */
export const TEXTS: Rule = rule(
  (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
  'is not a list of strings: use a list, even for a single entry',
);
