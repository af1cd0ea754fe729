import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { problemOf } from './problem';
import { ProblemException } from './problem.exception';

interface WithHeaders {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Lets a request through whose body, if it has one, is of the expected media type. */
abstract class MediaTypeGuard implements CanActivate {
  protected abstract readonly expected: string;

  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<WithHeaders>();
    const contentType = headers['content-type'];
    if (contentType === undefined) return true;
    if (String(contentType).split(';', 1)[0]?.trim().toLowerCase() === this.expected) return true;
    throw new ProblemException(problemOf('unsupported_media_type', `Send the body as ${this.expected}.`));
  }
}

/** Takes JSON bodies only, whatever other parsers the application has. */
@Injectable()
export class JsonBodyGuard extends MediaTypeGuard {
  protected readonly expected = 'application/json';
}

/** Takes forms only, whatever other parsers the application has. */
@Injectable()
export class FormBodyGuard extends MediaTypeGuard {
  protected readonly expected = 'application/x-www-form-urlencoded';
}
