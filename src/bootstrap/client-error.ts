import type { Socket } from 'node:net';
import { variedBy } from '../problems/cache-headers';
import { PROBLEM_MEDIA_TYPE, problemOf } from '../problems/problem';
import { PROBLEM_CATALOGUE, type ProblemCode } from '../problems/problem-catalogue';
import { STATUS_CODES } from 'node:http';
import { SECURITY_HEADERS } from './security-headers';

const BY_PARSER_CODE: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'Send fewer or shorter headers.'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'Send the whole request sooner.'],
};

const SECURITY_LINES = Object.entries(SECURITY_HEADERS)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');

/** Answers with a problem when Node's HTTP parser rejects a request. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [code, detail] = BY_PARSER_CODE[error.code ?? ''] ?? [
    'invalid_request',
    'Send a well-formed HTTP request.',
  ];
  const { status } = PROBLEM_CATALOGUE[code];
  const body = JSON.stringify(problemOf(code, detail));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n` +
      `Content-Type: ${PROBLEM_MEDIA_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
      `Cache-Control: no-store\r\nVary: ${variedBy(undefined)}\r\nConnection: close\r\n${SECURITY_LINES}\r\n${body}`,
  );
}
