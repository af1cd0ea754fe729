import { readForm } from '../../http/request-form';
import { validationProblem } from '../../problems/validation';
import type { PresentedCredential } from './header-credential';
import type { HttpRequest } from '../../http/http-request';

/**
 * Combines the credential in the headers of a request with the one in its form (RFC 6749 section 2.3.1). In the form,
 * `client_secret` is a token, and `client_id` is the id of its key (`client_secret_post`). `client_secret` together with a
 * credential in a header is ambiguous. `client_id` without `client_secret` may repeat the key id of a token in a header.
 *
 * Reads the body before the caller is verified, so that a contradictory request is rejected before it is counted (decision
 * record 0074).
 *
 * @throws ProblemException if the body is not a form, repeats a parameter, or has `client_secret` without `client_id`
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
    if (id === undefined) throw fault('client_id', 'is required with client_secret');
    return { kind: 'token', scheme: 'form', userName: id, token: secret };
  }
  if (id === undefined || inHeaders.kind === 'none') return inHeaders;
  const { userName = id } = inHeaders;
  return userName === id ? { ...inHeaders, userName } : { kind: 'ambiguous' };
}

/** Returns the value of a parameter. An empty parameter counts as absent (RFC 6749 section 3.2). */
function once(form: unknown, name: string): string | undefined {
  const isGiven = typeof form === 'object' && form !== null && Object.hasOwn(form, name);
  const value: unknown = isGiven ? Reflect.get(form, name) : undefined;
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw fault(name, 'must be sent exactly once');
}

function fault(name: string, message: string): Error {
  return validationProblem([{ field: `/${name}`, message }]);
}
