import { HttpException } from '@nestjs/common';
import { ifInstalled } from '../../common/if-installed';
import { MisuseError } from '../../problems/misuse.error';
import type { Problem } from '../../problems/problem';
import type { ProblemException } from '../../problems/problem.exception';
import { type RetryAfter, retryAfterOf } from './retry-after';

type WebSockets = typeof import('@nestjs/websockets');

const webSockets = ifInstalled('@nestjs/websockets', () => require('@nestjs/websockets') as WebSockets);

/** What the client of a rejected message receives in the event `exception`. */
interface RejectedMessage extends RetryAfter {
  readonly status: 'error';
  readonly message: string;
  readonly problem: Problem;
}

/** Returns a problem in the form in which clients of WebSockets receive it. */
export function rejectedMessageOf(exception: ProblemException): RejectedMessage {
  const { problem, message } = exception;
  return { status: 'error', message, problem, ...retryAfterOf(exception) };
}

/**
 * Returns the error for a rejected message. It contains an object, because Nest adds the pattern and the data of the message
 * to an error with a text.
 */
export function messageRejection(problem: ProblemException): Error {
  return exceptionWith(rejectedMessageOf(problem));
}

/** Returns the error of a subclass of the guard. Nest hides an `HttpException` from clients of WebSockets, and logs it. */
export function ownMessageRejection(error: Error): Error {
  if (!(error instanceof HttpException)) return error;
  const response = error.getResponse();
  return exceptionWith({
    status: 'error',
    message: error.message,
    ...(typeof response === 'object' && response),
  });
}

function exceptionWith(content: object): Error {
  if (webSockets === undefined) throw new MisuseError('messages of WebSockets need @nestjs/websockets');
  return new webSockets.WsException(content);
}
