import type { IncomingMessage } from 'node:http';
import { type HttpRequest, nodeRequestOf } from './http-request';
import { readBody } from './request-body';

const forms = new WeakMap<IncomingMessage, Promise<unknown>>();

/**
 * Reads the form in the body of a request like {@link readBody}, and stores it for the next call. `ScopesGuard` may
 * read the caller's credential from the form before the route reads it.
 *
 * @returns the parameters by name; `undefined` for an empty body
 * @throws ProblemException like {@link readBody}, as a rejection
 */
export async function readForm(request: HttpRequest): Promise<unknown> {
  const node = nodeRequestOf(request);
  let reading = forms.get(node);
  if (reading === undefined) forms.set(node, (reading = readBody(request, 'form')));
  return reading;
}
