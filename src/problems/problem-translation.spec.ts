import {
  BadRequestException,
  ConflictException,
  ForbiddenException,
  HttpException,
  InternalServerErrorException,
  MethodNotAllowedException,
  NotFoundException,
  PayloadTooLargeException,
  RequestTimeoutException,
  ServiceUnavailableException,
  UnauthorizedException,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import { ConfigurationError } from './configuration.error';
import { KeywardError } from './keyward.error';
import { problemOf } from './problem';
import { StorageFaultError } from './storage.errors';
import { toProblemException } from './problem-translation';
import { ProblemException } from './problem.exception';

const codeOf = (thrown: unknown): string => toProblemException(thrown).problem.code;
const SECRET = 'mongodb://root:hunter2@db';

/** An error of Fastify. */
const fastifyError = (statusCode: number, code: string): Error =>
  Object.assign(new Error(SECRET), { statusCode, code });
/** An error of Express or its body parser. */
const bodyParserError = (status: number, type: string): Error =>
  Object.assign(new Error(SECRET), { status, statusCode: status, type, expose: true, body: SECRET });

describe('an error of Keyward', () => {
  it('reaches the client unchanged if it is a problem', () => {
    const problem = new ProblemException(problemOf('key_revoked'), { 'WWW-Authenticate': 'Bearer' });
    expect(toProblemException(problem)).toBe(problem);
  });

  it('reaches the client with its code, message and members', () => {
    const error = new KeywardError('delegation_exceeded', 'Not yours.', { exceeded: ['scopes'] });
    expect(toProblemException(error).problem).toEqual({
      type: 'urn:keyward:problem:delegation_exceeded',
      title: 'The caller cannot grant rights that it does not hold',
      status: 403,
      code: 'delegation_exceeded',
      detail: 'Not yours.',
      exceeded: ['scopes'],
    });
  });
});

describe('an error with a 4xx status', () => {
  it.each<[string, number, unknown]>([
    ['invalid_request', 400, new BadRequestException(SECRET)],
    ['http_error', 401, new UnauthorizedException(SECRET)],
    ['http_error', 402, new HttpException(SECRET, 402)],
    ['http_error', 409, new ConflictException({ code: 'dup', message: SECRET })],
    ['forbidden', 403, new ForbiddenException(SECRET)],
    ['not_found', 404, new NotFoundException(SECRET)],
    ['method_not_allowed', 405, new MethodNotAllowedException(SECRET)],
    ['request_timeout', 408, new RequestTimeoutException(SECRET)],
    ['payload_too_large', 413, new PayloadTooLargeException(SECRET)],
    ['uri_too_long', 414, new HttpException(SECRET, 414)],
    ['unsupported_media_type', 415, new UnsupportedMediaTypeException(SECRET)],
    ['headers_too_large', 431, new HttpException(SECRET, 431)],
    ['payload_too_large', 413, fastifyError(413, 'FST_ERR_CTP_BODY_TOO_LARGE')],
    ['unsupported_media_type', 415, fastifyError(415, 'FST_ERR_CTP_INVALID_MEDIA_TYPE')],
    ['invalid_request', 400, fastifyError(400, 'FST_ERR_CTP_INVALID_CONTENT_LENGTH')],
    ['not_found', 404, fastifyError(404, 'FST_ERR_NOT_FOUND')],
    ['payload_too_large', 413, bodyParserError(413, 'entity.too.large')],
    ['unsupported_media_type', 415, bodyParserError(415, 'charset.unsupported')],
    ['invalid_request', 400, bodyParserError(400, 'request.aborted')],
    ['invalid_request', 400, { status: 400 }],
  ])('becomes %s with status %d, without its internal message: %s', (code, status, thrown) => {
    const { problem } = toProblemException(thrown);
    expect(problem).toMatchObject({ code, status, detail: expect.any(String) });
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  it.each([
    ['Fastify', fastifyError(400, 'FST_ERR_CTP_INVALID_JSON_BODY')],
    ['Fastify, for an empty body', fastifyError(400, 'FST_ERR_CTP_EMPTY_JSON_BODY')],
    ['Express', bodyParserError(400, 'entity.parse.failed')],
    [
      'Nest, which wraps it',
      new BadRequestException('x', { cause: fastifyError(400, 'FST_ERR_CTP_INVALID_JSON_BODY') }),
    ],
  ])('becomes invalid_json if %s could not parse the body', (_who, thrown) => {
    expect(toProblemException(thrown).problem).toMatchObject({ code: 'invalid_json', status: 400 });
  });

  it.each([
    [401, 'Unauthorized', new UnauthorizedException('Sign in first.')],
    [409, 'Conflict', new ConflictException('Sign in first.')],
    [422, 'Unprocessable Entity', new HttpException('Sign in first.', 422)],
    [429, 'Too Many Requests', new HttpException('Sign in first.', 429)],
  ])(
    'becomes http_error with the message of the application if Keyward has no code for status %d',
    (status, title, thrown) => {
      const { problem } = toProblemException(thrown);
      expect(problem).toMatchObject({ status, title, code: 'http_error', detail: 'Sign in first.' });
    },
  );

  it.each([
    ['the name of the status', new ConflictException()],
    ['the name of a status that Keyward has a code for', new NotFoundException()],
    ['the default message of a rejecting guard', new ForbiddenException('Forbidden resource')],
    ["the router's default with the path", new NotFoundException('Cannot GET /memories?token=hunter2')],
  ])('gets a detail from Keyward if its message is only %s', (_what, thrown) => {
    const { problem } = toProblemException(thrown);
    expect(problem.detail).toMatch(/\.$/);
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  it('becomes validation_failed if it contains the messages of a validation pipe', () => {
    const thrown = new BadRequestException({ message: ['text must be a string', SECRET] });
    expect(toProblemException(thrown).problem).toMatchObject({
      status: 400,
      code: 'validation_failed',
      errors: [{ field: '', message: 'text must be a string' }, { field: '' }],
    });
    expect(JSON.stringify(toProblemException(thrown).problem)).not.toContain('hunter2');
  });
});

describe('an unexpected error', () => {
  it.each<[string, unknown]>([
    ['an error', new Error(SECRET)],
    ['a TypeError', new TypeError(SECRET)],
    ['a 500 of Nest', new InternalServerErrorException(SECRET)],
    ['a 503 of Nest', new ServiceUnavailableException(SECRET)],
    ['a 500 of Fastify', fastifyError(500, 'FST_ERR_REP_INVALID_PAYLOAD_TYPE')],
    ['a success status', Object.assign(new Error(SECRET), { status: 200 })],
    ['a status that is a string', Object.assign(new Error(SECRET), { status: '404' })],
    ['an error of the database', Object.assign(new Error(SECRET), { code: 11_000 })],
    [
      'invalid JSON without a status',
      Object.assign(new Error(SECRET), { code: 'FST_ERR_CTP_INVALID_JSON_BODY' }),
    ],
    ['a string', SECRET],
    ['a fault of the store', new StorageFaultError(new Error(SECRET))],
    ['an invalid configuration', new ConfigurationError(SECRET)],
    ['a number', 404],
    ['null', null],
    ['undefined', undefined],
  ])('becomes a 500 whose cause goes to the log but not to the client: %s', (_what, thrown) => {
    const exception = toProblemException(thrown);
    expect(exception.problem).toEqual({
      type: 'urn:keyward:problem:internal_error',
      title: 'Something went wrong on our side',
      status: 500,
      code: 'internal_error',
      detail: 'The error was logged. Try again later.',
    });
    expect(JSON.stringify(exception.getResponse())).not.toContain('hunter2');
    expect(exception.cause ?? thrown).toBe(thrown);
  });

  it('becomes a 500 even if its name is that of a Nest exception', () => {
    expect(codeOf(Object.assign(new Error(), { name: 'BadRequestException' }))).toBe('internal_error');
  });
});
