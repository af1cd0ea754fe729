import { ProblemException } from '../../src/problems/problem.exception';
import { readOrRefuse } from '../../src/problems/validation';

/** A class of request bodies with a field `value`, whose validation is tested. */
export type Body = new () => { value?: unknown };

/** Validates a body. Returns the transformed body, or the names of the invalid fields. */
export async function send(body: Body, given: object): Promise<unknown> {
  try {
    return { accepted: { ...readOrRefuse(body, given) } };
  } catch (error) {
    if (!(error instanceof ProblemException)) throw error;
    return { refused: error.problem.errors?.map(({ field }) => field) };
  }
}

export const numbered = (count: number, each: (index: number) => string): string[] =>
  Array.from({ length: count }, (_each, index) => each(index));

export const HOSTILE_TO_TEXT: readonly unknown[] = [
  null,
  true,
  0,
  1,
  {},
  { $ne: null },
  { $gt: '' },
  { toString: 'acme' },
  [],
  ['acme'],
  [['acme']],
  '',
  'acme\0',
  'acme\n',
  '\ud800',
  'acme\udc00',
];
