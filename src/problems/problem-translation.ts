import { HttpException } from '@nestjs/common';
import { KeywardError } from './keyward.error';
import { problemOf } from './problem';
import type { ProblemCode } from './problem-catalogue';
import { ProblemException } from './problem.exception';

const BY_STATUS: Readonly<Record<number, readonly [ProblemCode, string]>> = {
  401: ['missing_credential', 'Present an API key.'],
  403: ['forbidden', 'This is not permitted to the caller.'],
  404: ['not_found', 'There is nothing here.'],
  405: ['method_not_allowed', 'Use a method that this path serves.'],
  408: ['request_timeout', 'Send the whole request sooner.'],
  413: ['payload_too_large', 'Send a smaller body.'],
  414: ['uri_too_long', 'Shorten the address.'],
  415: ['unsupported_media_type', 'Send the body as application/json, in UTF-8.'],
  431: ['headers_too_large', 'Send fewer or shorter headers.'],
};

const JSON_FAULTS: ReadonlySet<string> = new Set([
  'FST_ERR_CTP_INVALID_JSON_BODY',
  'FST_ERR_CTP_EMPTY_JSON_BODY',
  'entity.parse.failed',
]);

/**
 * Turns whatever was thrown into a problem. A client's fault keeps its status; what nobody foresaw is a 500
 * that says nothing of what went on inside.
 */
export function toProblemException(thrown: unknown): ProblemException {
  if (thrown instanceof ProblemException) return thrown;
  if (thrown instanceof KeywardError) return ProblemException.of(thrown);
  const { status, reason } = describe(thrown);
  if (status === undefined || status < 400 || status > 499) {
    return new ProblemException(
      problemOf('internal_error', 'The failure was logged; try again later.'),
      {},
      {
        cause: thrown,
      },
    );
  }
  if (reason !== undefined && JSON_FAULTS.has(reason)) {
    return new ProblemException(problemOf('invalid_json', 'Send one valid JSON value as the body.'));
  }
  return fromStatus(status, thrown);
}

function fromStatus(status: number, cause: unknown): ProblemException {
  const [code, detail] = BY_STATUS[status] ?? ['invalid_request', 'Correct the request and send it again.'];
  return new ProblemException({ ...problemOf(code, detail), status }, {}, { cause });
}

/** Framework and body-parser errors carry their status and a machine-readable reason under various names. */
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
