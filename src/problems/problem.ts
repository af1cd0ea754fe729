import { PROBLEM_CATALOGUE, type ProblemCode } from './problem-catalogue';

/** The media type of a problem (RFC 9457 section 3). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** What is wrong with one field of a request. */
export interface FieldFault {
  /** A JSON Pointer (RFC 6901) into the body, or the name of a parameter. */
  readonly field: string;
  readonly message: string;
}

/** Additional members of a problem, which RFC 9457 does not define. */
export interface ProblemExtensions {
  readonly errors?: readonly FieldFault[];
  readonly exceeded?: readonly string[];
  /** The rate limit without room for the request. */
  readonly limit?: {
    readonly of: string;
    readonly name: string;
    readonly limit: number;
    readonly windowSeconds: number;
  };
  /** Seconds until that limit has room again. */
  readonly retryAfter?: number;
  /** The health of each part of the service, in the problem `not_ready`. */
  readonly parts?: Readonly<
    Record<string, { readonly status: string; readonly detail?: string | undefined }>
  >;
}

/** A problem (RFC 9457). Programs compare its stable `code`. */
export interface Problem extends ProblemExtensions {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail?: string;
  /** Identifies this occurrence: `urn:keyward:request:` and the id of the request. */
  readonly instance?: string;
}

/** Returns a problem. `detail` says what the client must change, and must not contain a credential. */
export function problemOf(code: ProblemCode, detail?: string, extensions: ProblemExtensions = {}): Problem {
  const { status, title } = PROBLEM_CATALOGUE[code];
  return {
    type: `urn:keyward:problem:${code}`,
    title,
    status,
    code,
    ...(detail !== undefined && { detail }),
    ...extensions,
  };
}
