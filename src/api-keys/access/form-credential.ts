import { readForm } from '../../http/request-form';
import { validationProblem } from '../../problems/validation';
import type { PresentedCredential } from './header-credential';
import type { HttpRequest } from '../../http/http-request';

/**
 * Combines the credential in the headers of a request with the one in its form (RFC 6749 section 2.3.1). In the form,
 * `client_secret` is a token, and `client_id` is the id of its key (`client_secret_post`). A client uses one method in each
 * request: `client_secret` beside a credential in a header is ambiguous. `client_id` alone may stand beside a header.
 *
 * Reads the body, also of a caller that nothing is known of yet, so that what contradicts itself is refused before
 * anything is counted (decision record 0074).
 *
 * @throws ProblemException if the body is no form, or names a credential twice or by half
 */
export async function readClientCredential(
  request: HttpRequest,
  inHeaders: PresentedCredential,
): Promise<PresentedCredential> {
  if (inHeaders.kind === 'ambiguous') return inHeaders;
  const form = await readForm(request);
  const [id, secret] = [once(form, 'client_id'), once(form, 'client_secret')];
  if (secret !== undefined) {
    if (inHeaders.kind === 'token') return { kind: 'ambiguous' };
    if (id === undefined) throw fault('client_id', 'must be given beside client_secret');
    return { kind: 'token', scheme: 'form', userName: id, token: secret };
  }
  if (id === undefined || inHeaders.kind === 'none') return inHeaders;
  const { userName = id } = inHeaders;
  return userName === id ? { ...inHeaders, userName } : { kind: 'ambiguous' };
}

/** A parameter without a value counts as left out (RFC 6749 section 3.2). */
function once(form: unknown, name: string): string | undefined {
  const isGiven = typeof form === 'object' && form !== null && Object.hasOwn(form, name);
  const value: unknown = isGiven ? Reflect.get(form, name) : undefined;
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw fault(name, 'must be given once');
}

function fault(name: string, message: string): Error {
  return validationProblem([{ field: `/${name}`, message }]);
}
