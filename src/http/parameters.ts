import { ProblemException } from '../problems/problem.exception';

/** Parameters by name; a name that is given more than once has all of its values. */
export type Parameters = Readonly<Record<string, string | readonly string[]>>;

/** No query or form that is accepted here has as many. */
const MAX_PARAMETERS = 100;

/**
 * Reads `application/x-www-form-urlencoded` text: a query or a form. Names are taken as they are, without nesting.
 *
 * @throws ProblemException if it is not percent-encoded UTF-8, or has more than 100 parameters
 */
export function readParameters(text: string): Parameters {
  const found = new Map<string, string | string[]>();
  const pairs = text.split('&', MAX_PARAMETERS + 1);
  if (pairs.length > MAX_PARAMETERS) {
    throw ProblemException.from('invalid_request', `Send at most ${MAX_PARAMETERS} parameters.`);
  }
  for (const pair of pairs) {
    if (pair === '') continue;
    const end = pair.indexOf('=');
    const name = decoded(end === -1 ? pair : pair.slice(0, end));
    const value = end === -1 ? '' : decoded(pair.slice(end + 1));
    const former = found.get(name);
    found.set(name, former === undefined ? value : [former, value].flat());
  }
  // Unlike an assignment, this makes `__proto__` a member like any other, for validation to refuse.
  return Object.fromEntries(found);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw ProblemException.from('invalid_request', 'Percent-encode parameters as UTF-8.');
  }
}
