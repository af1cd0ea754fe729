import { Injectable, RequestMethod } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { discoverRoutes } from '../http/route-discovery';

const ANY_METHOD = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

interface Served {
  readonly pattern: RegExp;
  readonly methods: readonly string[];
}

/** Knows which methods a path serves, for the 405 that a router does not give by itself. */
@Injectable()
export class AllowedMethods {
  private routes: readonly Served[] | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** The methods that a path serves; empty where there is no such path. */
  of(path: string): readonly string[] {
    this.routes ??= discoverRoutes(this.discovery, this.scanner).flatMap(({ paths, method }) =>
      paths.map((each) => ({ pattern: patternOf(each), methods: namesOf(method) })),
    );
    const methods = this.routes.filter(({ pattern }) => pattern.test(path)).flatMap((route) => route.methods);
    return [...new Set(methods)].toSorted();
  }
}

function namesOf(method: RequestMethod): readonly string[] {
  if (method === RequestMethod.ALL) return ANY_METHOD;
  return method === RequestMethod.GET ? ['GET', 'HEAD'] : [RequestMethod[method] ?? ''];
}

function patternOf(path: string): RegExp {
  const segments = path
    .split('/')
    .map((segment) => (segment.startsWith(':') ? '[^/]+' : segment.replaceAll(/[^\w-]/g, '\\$&')));
  return new RegExp(`^${segments.join('/')}/?$`);
}
