import { PROBLEM_MEDIA_TYPE, problemOf } from '../../problems/problem';
import { PROBLEM_CATALOGUE, type ProblemCode } from '../../problems/problem-catalogue';
import type { GuardedAccess } from './route-access';
import { GUARDED, POSSESSION, SESSION } from './route-problems';

/** A response header in an OpenAPI document. */
interface DescribedHeader {
  readonly description: string;
  readonly required?: true;
  readonly schema: { readonly type: string };
}

/** The statuses to document: those that usually only the guard sends. */
const STATUSES = [401, 403, 429] as const;

type Status = (typeof STATUSES)[number];

const CHALLENGE = { description: 'The challenge of RFC 6750.', schema: { type: 'string' } };

/** The OpenAPI schema of the guard's problems, without extension members. */
export const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'A problem (RFC 9457).',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'The stable code that programs compare.' },
    detail: { type: 'string', description: 'What to change.' },
    instance: { type: 'string', description: 'This occurrence: the id of the request.' },
  },
  required: ['type', 'title', 'status', 'code'],
} as const;

/** Returns, for an OpenAPI document, the responses with which the guard rejects requests to a route, by status. */
export function answersOf(access: GuardedAccess, problemSchema: string): Readonly<Record<string, object>> {
  const codes = codesOf(access);
  const answers: Record<string, object> = {};
  for (const status of STATUSES) {
    const group = codes.filter((code) => PROBLEM_CATALOGUE[code].status === status);
    if (group.length > 0) answers[status] = answerOf(status, group, problemSchema);
  }
  return answers;
}

function codesOf({
  scopes,
  selfScoped,
  sessions,
  possession,
  verification,
}: GuardedAccess): readonly ProblemCode[] {
  if (possession) return POSSESSION;
  return [
    ...GUARDED,
    ...(scopes.allOf.length + scopes.anyOf.length > 0 ? (['insufficient_scope'] as const) : []),
    ...(selfScoped ? [] : (['binding_mismatch'] as const)),
    ...((verification?.cost ?? 1) > 1 ? (['cost_exceeds_limit'] as const) : []),
    ...(sessions ? SESSION : []),
  ];
}

function answerOf(status: Status, codes: readonly ProblemCode[], problemSchema: string): object {
  const headers = headersOf(status, codes);
  return {
    description: codes.map((code) => `\`${code}\`: ${PROBLEM_CATALOGUE[code].title}`).join('. '),
    ...(Object.keys(headers).length > 0 && { headers }),
    content: {
      [PROBLEM_MEDIA_TYPE]: {
        schema: { $ref: problemSchema },
        examples: Object.fromEntries(codes.map((code) => [code, { value: problemOf(code) }])),
      },
    },
  };
}

function headersOf(status: Status, codes: readonly ProblemCode[]): Readonly<Record<string, DescribedHeader>> {
  if (status === 401) return { 'WWW-Authenticate': { ...CHALLENGE, required: true } };
  if (status === 403) {
    return codes.includes('insufficient_scope')
      ? {
          'WWW-Authenticate': {
            ...CHALLENGE,
            description: 'With `insufficient_scope`: the challenge of RFC 6750, which names the scopes.',
          },
        }
      : {};
  }
  return {
    'Retry-After': {
      description: 'Seconds until the next attempt.',
      required: true,
      schema: { type: 'integer' },
    },
    ...(codes.includes('rate_limited') && {
      RateLimit: {
        description: 'With `rate_limited`: what is left of each limit, such as `"key:default";r=0;t=60`.',
        schema: { type: 'string' },
      },
      'RateLimit-Policy': {
        description: 'With `rate_limited`: the limits that apply, such as `"key:default";q=100;w=60`.',
        schema: { type: 'string' },
      },
    }),
  };
}
