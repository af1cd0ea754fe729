import type { IncomingMessage } from 'node:http';
import { type HttpRequest, headerValues, nodeRequestOf } from './http-request';
import { ProblemException } from '../problems/problem.exception';
import { readParameters } from './parameters';

/** The maximum size of a body in bytes. The limit of the host does not change it. */
export const BODY_LIMIT_BYTES = 256 * 1024;

/** The format of a body. */
export type BodyFormat = 'json' | 'form';

const MEDIA_TYPES: Readonly<Record<BodyFormat, string>> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
};

const UTF_8: ReadonlySet<string> = new Set(['utf-8', 'utf8']);

/**
 * Matches an escaped UTF-16 surrogate in JSON. An unpaired surrogate is not a valid character, and stores replace it.
 */
const ESCAPED_SURROGATE = /\\u[dD][89a-fA-F]/;

/** The character that decoders insert for bytes that are not UTF-8. */
const REPLACEMENT = '\uFFFD';

/** The fields in which the host may have stored a body that it has already read. */
interface WithBody extends HttpRequest {
  readonly rawBody?: unknown;
  readonly body?: unknown;
}

/**
 * Reads the body of a request from its connection. The same rules apply in every host: UTF-8, no content encoding, the
 * expected media type, at most {@link BODY_LIMIT_BYTES}. If the host has already read the body, uses the body that the
 * host stored.
 *
 * @returns the value; `undefined` for an empty body, whatever its headers are
 * @throws ProblemException if the body breaks one of these rules
 */
export async function readBody(request: HttpRequest, format: BodyFormat): Promise<unknown> {
  const node = nodeRequestOf(request);
  const { rawBody, body } = request as WithBody;
  const isConsumed = node.readableDidRead || node.readableEnded;
  const kept = isConsumed ? (rawBody ?? body) : await bytesOf(node);
  if (isConsumed && (!node.readableEnded || (kept === undefined && announcesBody(node)))) {
    // A body that is truncated, or consumed and not stored, must not count as empty.
    checkHeaders(node, format);
    throw ProblemException.from(
      'invalid_request',
      'Send the whole body. The application consumed it before this route.',
    );
  }
  if (kept === undefined || isEmpty(kept)) return undefined;
  checkHeaders(node, format);
  if (kept instanceof Uint8Array) return parsed(textOf(kept, format), format);
  if (typeof kept === 'string') return parsed(checked(kept, format), format);
  checked(jsonOf(kept, format), format);
  return kept;
}

/** Returns whether the headers of a request announce a body. */
function announcesBody(node: IncomingMessage): boolean {
  const [length = '0'] = headerValues(node, 'content-length');
  return Number(length) !== 0 || headerValues(node, 'transfer-encoding').length > 0;
}

function jsonOf(value: unknown, format: BodyFormat): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    throw malformed(format);
  }
}

function isEmpty(kept: unknown): boolean {
  return kept instanceof Uint8Array || typeof kept === 'string' ? kept.length === 0 : false;
}

async function bytesOf(node: IncomingMessage): Promise<Buffer> {
  if (Number(headerValues(node, 'content-length')[0] ?? 0) > BODY_LIMIT_BYTES) throw tooLarge();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const stop = (): void => {
      node.off('data', take).off('end', end).off('error', fail).off('close', fail);
    };
    const take = (chunk: Buffer | string): void => {
      // The host may have set an encoding on the stream.
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, node.readableEncoding ?? 'utf8') : chunk;
      chunks.push(bytes);
      size += bytes.length;
      if (size <= BODY_LIMIT_BYTES) return;
      stop();
      // Drains the rest, so that the client reads the response.
      node.resume();
      reject(tooLarge());
    };
    const end = (): void => {
      stop();
      resolve(Buffer.concat(chunks));
    };
    const fail = (): void => {
      stop();
      reject(ProblemException.from('invalid_request', 'Send the whole body.'));
    };
    if (node.destroyed) fail();
    else node.on('data', take).on('end', end).on('error', fail).on('close', fail).resume();
  });
}

function tooLarge(): ProblemException {
  return ProblemException.from('payload_too_large', 'Send a smaller body.', {
    Connection: 'close',
  });
}

function checkHeaders(node: IncomingMessage, format: BodyFormat): void {
  const [contentType = '', ...others] = headerValues(node, 'content-type');
  const [mediaType, ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  const charsets = parameters.flatMap((parameter) => {
    const [name, value = ''] = parameter.split('=', 2).map((part) => part.trim());
    return name === 'charset' ? [value.replaceAll('"', '')] : [];
  });
  const encodings = headerValues(node, 'content-encoding').map((value) => value.trim().toLowerCase());
  const isReadable =
    mediaType === MEDIA_TYPES[format] &&
    others.length === 0 &&
    charsets.every((charset) => UTF_8.has(charset)) &&
    encodings.every((encoding) => encoding === '' || encoding === 'identity');
  if (isReadable) return;
  throw ProblemException.from(
    'unsupported_media_type',
    `Send the body as ${MEDIA_TYPES[format]}, in UTF-8, without Content-Encoding.`,
  );
}

function textOf(bytes: Uint8Array, format: BodyFormat): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw malformed(format);
  }
}

/** Rejects text with replacement characters, because the host may have inserted them for invalid UTF-8. */
function checked(text: string, format: BodyFormat): string {
  if (text.includes(REPLACEMENT)) throw malformed(format);
  return text;
}

function parsed(text: string, format: BodyFormat): unknown {
  if (format === 'form') return readParameters(text);
  try {
    return ESCAPED_SURROGATE.test(text) ? JSON.parse(text, wellFormed) : JSON.parse(text);
  } catch {
    throw malformed(format);
  }
}

function wellFormed(name: string, value: unknown): unknown {
  if (name.isWellFormed() && (typeof value !== 'string' || value.isWellFormed())) return value;
  throw new TypeError('unpaired surrogate');
}

function malformed(format: BodyFormat): ProblemException {
  return format === 'json'
    ? ProblemException.from('invalid_json', 'Send one valid JSON value as the body, in UTF-8.')
    : ProblemException.from('invalid_request', 'Send the form in UTF-8.');
}
