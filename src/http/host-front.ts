import { type IncomingMessage, METHODS, type Server } from 'node:http';
import { Injectable, type OnModuleInit, RequestMethod } from '@nestjs/common';
import {
  ApplicationConfig,
  DiscoveryService,
  HttpAdapterHost,
  MetadataScanner,
  ModulesContainer,
} from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import { type DiscoveredRoute, discoverRoutes, modulePathOf } from './route-discovery';
import { ownRouteHandlerOf } from './own-route';

const ABOUT_THE_BODY = ['content-type', 'content-length', 'transfer-encoding'] as const;

const preflights = new WeakSet<IncomingMessage>();

/** Returns the HTTP method that the client sent, even if {@link HostFront} changed it. */
export function sentMethodOf(request: IncomingMessage): string {
  return preflights.has(request) ? 'OPTIONS' : (request.method ?? '');
}

/** The part of Fastify that this file uses. */
interface WithHooks {
  addHook(
    name: 'onRequest',
    hook: (request: { readonly raw: IncomingMessage }, reply: unknown, done: () => void) => void,
  ): unknown;
}

/**
 * Processes each request before the middleware of the host, so that this middleware cannot change requests to Keyward's
 * routes (decision record 0062):
 *
 * - Body parsers find no body, because this class removes the headers that they check. Keyward's routes read the body
 *   from the connection, or leave it unread.
 * - CORS middleware does not answer a preflight to a route that accepts every method, such as forward-auth. The class
 *   changes its method to `GET`.
 */
@Injectable()
export class HostFront implements OnModuleInit {
  /** The paths of Keyward's routes, by method. */
  private readonly paths = new Map<string, RegExp>();
  /** The paths of Keyward's routes that accept every method. */
  private anyMethod = union([]);

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly modules: ModulesContainer,
    private readonly config: ApplicationConfig,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    // For requests that bypass the server: from `app.inject()` and serverless platforms.
    adapterHost.init$.subscribe(() => this.standBeforeMiddleware());
  }

  onModuleInit(): void {
    const routes = discoverRoutes(this.discovery, this.scanner).filter(
      ({ handler }) => ownRouteHandlerOf(handler) !== undefined,
    );
    for (const method of METHODS) {
      this.paths.set(method, union(routes.filter((route) => serves(route, method)).flatMap(this.pathsOf)));
    }
    this.anyMethod = union(routes.filter(({ method }) => method === RequestMethod.ALL).flatMap(this.pathsOf));
    const server = this.adapterHost.httpAdapter?.getHttpServer() as Server | undefined;
    if (server === undefined) return;
    // Node silently drops headers beyond this count, such as a second credential or those that a proxy adds at the end.
    // The limit on their size rejects such a request instead.
    server.maxHeadersCount = 0;
    // Before all other listeners, because an Express application of the host may have its own parsers.
    server.prependListener('request', (request) => this.take(request));
  }

  private standBeforeMiddleware(): void {
    const { httpAdapter } = this.adapterHost as Partial<HttpAdapterHost>;
    // A script that uses NestFactory.createApplicationContext has none.
    if (httpAdapter === undefined || httpAdapter === null) return;
    if (httpAdapter.getType() === 'fastify') {
      httpAdapter.getInstance<WithHooks>().addHook('onRequest', ({ raw }, _reply, done) => {
        this.take(raw);
        done();
      });
    } else {
      httpAdapter.use((request: IncomingMessage, _response: unknown, next: () => void) => {
        this.take(request);
        next();
      });
    }
  }

  private take(request: IncomingMessage): void {
    const path = pathOf(request.url ?? '');
    if (this.paths.get(request.method ?? '')?.test(path) !== true) return;
    for (const name of ABOUT_THE_BODY) delete request.headers[name];
    if (request.method !== 'OPTIONS' || !this.anyMethod.test(path)) return;
    preflights.add(request);
    request.method = 'GET';
  }

  /** Returns the paths of a route, including the global prefix and the path that the host set for the module. */
  private readonly pathsOf = ({ module, method, paths }: DiscoveredRoute): readonly string[] => {
    const factory = new RoutePathFactory(this.config);
    const modulePath = modulePathOf(module, this.modules.applicationId);
    const globalPrefix = `/${this.config.getGlobalPrefix().replace(/^\//, '')}`;
    return paths.flatMap((ctrlPath) =>
      factory.create({ globalPrefix, ...(modulePath !== undefined && { modulePath }), ctrlPath }, method),
    );
  };
}

function serves({ method }: DiscoveredRoute, name: string): boolean {
  return (
    method === RequestMethod.ALL ||
    RequestMethod[method] === name ||
    (method === RequestMethod.GET && name === 'HEAD')
  );
}

/**
 * Returns one pattern that matches all paths. It ignores case, a final slash and repeated slashes, because routers may
 * ignore them.
 */
function union(paths: readonly string[]): RegExp {
  const patterns = paths.map((path) =>
    path
      .split('/')
      .map((segment) => (segment.startsWith(':') ? '[^/]+' : segment.replaceAll(/[^\w-]/g, '\\$&')))
      .join('/+'),
  );
  return patterns.length === 0 ? /^(?!)/ : new RegExp(`^(?:${patterns.join('|')})/*$`, 'i');
}

function pathOf(url: string): string {
  // Routers may also end a path at a semicolon.
  const end = url.search(/[?#;]/);
  const path = end === -1 ? url : url.slice(0, end);
  if (!path.startsWith('/') && URL.canParse(path)) return new URL(path).pathname;
  if (!path.includes('%')) return path;
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
