import {
  type ArgumentsHost,
  type CallHandler,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  HttpStatus,
  type INestApplication,
  Injectable,
  type ModuleMetadata,
  type NestApplicationOptions,
  type NestInterceptor,
  type PipeTransform,
  Scope,
  ValidationPipe,
  type VersioningOptions,
  VersioningType,
} from '@nestjs/common';
import { APP_INTERCEPTOR, HttpAdapterHost } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { catchError, map, type Observable, of, tap, timeout } from 'rxjs';
import type { AdapterName } from './two-adapters';

/** Global settings of a host application that would change Keyward's routes if they were not protected. */
export interface HostileSetting {
  readonly setting: string;
  readonly options?: NestApplicationOptions;
  readonly metadata?: ModuleMetadata;
  readonly prepare?: (app: INestApplication, adapter: AdapterName) => unknown;
  /** The path prefix that the setting adds to Keyward's routes. */
  readonly prefix?: string;
}

const REPLACED = 'replaced by a pipe';

class ReplacingPipe implements PipeTransform {
  transform(): unknown {
    return REPLACED;
  }
}

const intercepting =
  (change: (answer: Observable<unknown>, context: ExecutionContext) => Observable<unknown>) =>
  (app: INestApplication): unknown =>
    app.useGlobalInterceptors({
      intercept: (context: ExecutionContext, next: CallHandler) => change(next.handle(), context),
    });

/** Caches answers by method and URL only, like a cache for public pages. */
class CachingInterceptor implements NestInterceptor {
  private readonly kept = new Map<string, unknown>();

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { method, url } = context.switchToHttp().getRequest<{ method: string; url: string }>();
    const address = `${method} ${url}`;
    return this.kept.has(address)
      ? of(this.kept.get(address))
      : next.handle().pipe(tap((answer) => this.kept.set(address, answer)));
  }
}

@Injectable({ scope: Scope.REQUEST })
class WrappingPerRequest implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

@Catch()
class TeapotFilter implements ExceptionFilter {
  constructor(private readonly adapterHost: HttpAdapterHost) {}

  catch(_error: unknown, host: ArgumentsHost): void {
    this.adapterHost.httpAdapter.reply(host.switchToHttp().getResponse(), 'teapot', 418);
  }
}

const versioned =
  (options: VersioningOptions) =>
  (app: INestApplication): unknown =>
    app.enableVersioning({ ...options, defaultVersion: '1' });

/** The members of an Express application that these settings use. */
interface ExpressApp {
  set(name: string, value: unknown): ExpressApp;
}

const EXPRESS_SETTINGS = (app: ExpressApp): unknown =>
  app
    .set('json spaces', 4)
    .set('json replacer', () => REPLACED)
    .set('query parser', () => ({ name: REPLACED }))
    .set('etag', false);

const FASTIFY_PARSERS = (app: FastifyInstance): unknown => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _body, done) => done(null, { name: REPLACED }));
  app.setReplySerializer(() => JSON.stringify(REPLACED));
  return app;
};

const instanceOf = (app: INestApplication): unknown => app.getHttpAdapter().getInstance();

/**
 * Settings that applications use for all of their routes. None of them may change the behaviour of Keyward's routes.
 */
export const HOSTILE_SETTINGS: readonly HostileSetting[] = [
  {
    setting: 'a pipe that strips unknown fields',
    prepare: (app) => app.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true })),
  },
  {
    setting: 'a pipe that converts, and rejects with 422',
    prepare: (app) =>
      app.useGlobalPipes(
        new ValidationPipe({
          transform: true,
          transformOptions: { enableImplicitConversion: true, exposeDefaultValues: true },
          whitelist: true,
          forbidNonWhitelisted: true,
          errorHttpStatusCode: HttpStatus.UNPROCESSABLE_ENTITY,
          validateCustomDecorators: true,
        }),
      ),
  },
  {
    setting: 'a pipe that replaces every value',
    prepare: (app) => app.useGlobalPipes(new ReplacingPipe()),
  },
  {
    setting: 'a filter that catches everything',
    prepare: (app) => app.useGlobalFilters(new TeapotFilter(app.get(HttpAdapterHost))),
  },
  {
    setting: 'an interceptor that wraps answers',
    prepare: intercepting((answer) => answer.pipe(map((data) => ({ data })))),
  },
  {
    setting: 'an interceptor that is created for each request',
    metadata: { providers: [{ provide: APP_INTERCEPTOR, useClass: WrappingPerRequest }] },
  },
  {
    setting: 'an interceptor that caches answers by path',
    prepare: (app) => app.useGlobalInterceptors(new CachingInterceptor()),
  },
  {
    setting: 'an interceptor that answers without the handler',
    prepare: intercepting(() => of({ maintenance: true })),
  },
  {
    setting: 'an interceptor that turns errors into normal answers',
    prepare: intercepting((answer) => answer.pipe(catchError(() => of({ ok: true })))),
  },
  {
    setting: 'an interceptor with an immediate timeout',
    prepare: intercepting((answer) => answer.pipe(timeout({ first: 0 }))),
  },
  {
    setting: 'an interceptor that fails',
    prepare: intercepting(() => {
      throw new Error('a fault of the host');
    }),
  },
  { setting: 'a global prefix', prefix: '/api', prepare: (app) => app.setGlobalPrefix('api') },
  {
    setting: 'a global prefix that excludes Keyward’s routes',
    prepare: (app) => app.setGlobalPrefix('api', { exclude: ['v1/{*path}', 'oauth2/{*path}'] }),
  },
  { setting: 'versions in paths', prepare: versioned({ type: VersioningType.URI }) },
  {
    setting: 'versions in paths, behind a prefix',
    prefix: '/api',
    prepare: (app) => {
      app.setGlobalPrefix('/api');
      versioned({ type: VersioningType.URI, prefix: 'rev' })(app);
    },
  },
  {
    setting: 'versions in a header',
    prepare: versioned({ type: VersioningType.HEADER, header: 'X-Api-Version' }),
  },
  { setting: 'versions in media types', prepare: versioned({ type: VersioningType.MEDIA_TYPE, key: 'v=' }) },
  {
    setting: 'versions by a function',
    prepare: versioned({ type: VersioningType.CUSTOM, extractor: () => '2' }),
  },
  { setting: 'CORS', options: { cors: true } },
  { setting: 'no body parser', options: { bodyParser: false } },
  { setting: 'raw bodies', options: { rawBody: true } },
  {
    setting: 'body parsers with a limit of 10 bytes',
    prepare: (app, adapter) =>
      adapter === 'express'
        ? (app as NestExpressApplication).useBodyParser('json', { limit: 10 })
        : (app as NestFastifyApplication).useBodyParser('application/json', { bodyLimit: 10 }),
  },
  {
    setting: 'parsers and serialisers of its own',
    prepare: (app, adapter) =>
      adapter === 'express'
        ? EXPRESS_SETTINGS(instanceOf(app) as ExpressApp)
        : FASTIFY_PARSERS(instanceOf(app) as FastifyInstance),
  },
];
