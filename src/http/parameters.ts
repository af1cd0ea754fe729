import { ProblemException } from '../problems/problem.exception';

/** Parameters by name. A repeated parameter has a list of values. */
export type Parameters = Readonly<Record<string, string | readonly string[]>>;

/** The maximum number of parameters. No valid query or form has that many. */
const MAX_PARAMETERS = 100;

/**
 * Parses `application/x-www-form-urlencoded` text, such as a query or a form. Brackets and dots in names have no
 * special meaning.
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
  // Unlike an assignment, this makes `__proto__` an ordinary member, which validation then rejects.
  return Object.fromEntries(found);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw ProblemException.from('invalid_request', 'Percent-encode parameters as UTF-8.');
  }
}
