import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { redactionOf } from '../common/redaction';
import { KeywardError } from './keyward.error';
import { problemOf } from './problem';
import type { ProblemCode } from './problem-catalogue';
import { internalProblem, ProblemException } from './problem.exception';
import { validationProblem } from './validation';

const BY_STATUS: Readonly<Record<number, readonly [ProblemCode, string]>> = {
  403: ['forbidden', 'The caller does not have permission.'],
  404: ['not_found', 'Check the path of the request.'],
  405: ['method_not_allowed', 'Use a method that this path supports.'],
  408: ['request_timeout', 'Send the whole request sooner.'],
  413: ['payload_too_large', 'Send a smaller body.'],
  414: ['uri_too_long', 'Shorten the address.'],
  415: ['unsupported_media_type', 'Send the body as application/json, in UTF-8.'],
  431: ['headers_too_large', 'Send fewer or shorter headers.'],
};

/**
 * Matches Nest's messages that say no more than the status. The message of the router also repeats the path and the
 * query.
 */
const SAYS_NOTHING = /^$|^Forbidden resource$|^Cannot [A-Z]+ /;

const redact = redactionOf();

const JSON_FAULTS: ReadonlySet<string> = new Set([
  'FST_ERR_CTP_INVALID_JSON_BODY',
  'FST_ERR_CTP_EMPTY_JSON_BODY',
  'entity.parse.failed',
]);

/**
 * Converts anything that was thrown to a problem. A 4xx error keeps its status. If it is an `HttpException` of the
 * host, it also keeps its message, with credentials removed. An unexpected error becomes a 500 that reveals no
 * internals.
 */
export function toProblemException(thrown: unknown): ProblemException {
  if (thrown instanceof ProblemException) return thrown;
  if (thrown instanceof KeywardError) return ProblemException.of(thrown);
  const { status, reason } = describe(thrown);
  if (status === undefined || status < 400 || status > 499) {
    return internalProblem(thrown);
  }
  if (reason !== undefined && JSON_FAULTS.has(reason)) {
    return ProblemException.from('invalid_json', 'Send one valid JSON value as the body.');
  }
  return fromStatus(status, thrown);
}

function fromStatus(status: number, cause: unknown): ProblemException {
  const [known, general] = BY_STATUS[status] ?? [undefined, 'Correct the request and send it again.'];
  const said = saidBy(cause);
  if (typeof said === 'object') {
    const errors = said.map((message) => ({ field: '', message: redact(String(message)) }));
    return new ProblemException({ ...validationProblem(errors).problem, status }, {}, { cause });
  }
  const isGeneral = said === undefined || said === STATUS_CODES[status] || SAYS_NOTHING.test(said);
  const detail = isGeneral ? general : redact(said);
  const title = STATUS_CODES[status];
  const problem =
    known === undefined && status !== 400
      ? { ...problemOf('http_error', detail), ...(title !== undefined && { title }) }
      : problemOf(known ?? 'invalid_request', detail);
  return new ProblemException({ ...problem, status }, {}, { cause });
}

/** Returns the message of an `HttpException` of the host, or the list of messages of a validation pipe. */
function saidBy(thrown: unknown): string | readonly unknown[] | undefined {
  if (!(thrown instanceof HttpException)) return undefined;
  const response = thrown.getResponse();
  const said = typeof response === 'string' ? response : (response as { readonly message?: unknown }).message;
  return typeof said === 'string' || Array.isArray(said) ? said : undefined;
}

/**
 * Returns the status and the machine-readable reason of an error. Frameworks and body parsers store them in different
 * fields.
 */
function describe(thrown: unknown): { status: number | undefined; reason: string | undefined } {
  if (thrown instanceof HttpException) {
    return { status: thrown.getStatus(), reason: describe(thrown.cause).reason };
  }
  if (typeof thrown !== 'object' || thrown === null) return { status: undefined, reason: undefined };
  const fields = thrown as Readonly<Record<string, unknown>>;
  const status = fields['statusCode'] ?? fields['status'];
  const reason = fields['code'] ?? fields['type'];
  return {
    status: typeof status === 'number' ? status : undefined,
    reason: typeof reason === 'string' ? reason : undefined,
  };
}
