import type { HttpAnswer, HttpClient } from './http-client';

const FORM = 'application/x-www-form-urlencoded';

/** Posts a form. Sends a string unchanged, so that a test can repeat a field. */
export async function postForm(
  client: HttpClient,
  path: string,
  fields: Readonly<Record<string, string>> | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpAnswer> {
  const body = typeof fields === 'string' ? fields : new URLSearchParams(fields).toString();
  return client.post(path, body, { 'Content-Type': FORM, ...headers });
}
