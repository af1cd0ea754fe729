import { type PresentedCredential, readCredential, sameToken } from './header-credential';
import { memberOf } from './tenant-context';

/** The header for each member that is read, by its name in lower case. */
const HEADERS = new Map([
  ['authorization', 'authorization'],
  ['x-api-key', 'x-api-key'],
  ['token', 'x-api-key'],
]);

const NO_TOKEN = 'Bearer ';

/**
 * Adds the credential that a client sent when it opened a connection, because browsers cannot set headers of a WebSocket.
 * Reads the members `authorization`, `x-api-key` and `token`, in any case, of the sent object or of its member `headers`.
 *
 * @param inHeaders the credential in the headers of the request that opened the connection
 * @param handshake what the client sent, such as the `connectionParams` of `graphql-ws`
 */
export function withHandshake(inHeaders: PresentedCredential, handshake: unknown): PresentedCredential {
  const rawHeaders = sentHeadersOf(handshake);
  if (rawHeaders.length === 0) return inHeaders;
  const sent = readCredential({ rawHeaders });
  if (inHeaders.kind === 'none' || sent.kind === 'ambiguous') return sent;
  return sent.kind === 'none' || sameToken(inHeaders, sent) ? inHeaders : { kind: 'ambiguous' };
}

/** What is read from each handshake. A client can send many members, and each message of its connection needs them. */
const read = new WeakMap<object, readonly string[]>();

function sentHeadersOf(handshake: unknown): readonly string[] {
  if (typeof handshake !== 'object' || handshake === null) return [];
  let known = read.get(handshake);
  if (known === undefined) {
    known = [...headersIn(handshake), ...headersIn(memberOf(handshake, 'headers'))];
    read.set(handshake, known);
  }
  return known;
}

function headersIn(sent: unknown): readonly string[] {
  if (typeof sent !== 'object' || sent === null) return [];
  return Object.entries(sent).flatMap(([name, value]: [string, unknown]) => {
    const header = HEADERS.get(name.toLowerCase());
    if (header === undefined || value === null || value === undefined) return [];
    // Something else than a text is no token. `String` would call a method that the client chose.
    return [header, typeof value === 'string' ? value : NO_TOKEN];
  });
}
