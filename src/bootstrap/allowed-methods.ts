import { Injectable, RequestMethod } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { discoverRoutes } from '../http/route-discovery';

const ANY_METHOD = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

interface Served {
  readonly pattern: RegExp;
  readonly methods: readonly string[];
}

/** Finds the allowed methods of a path for 405 responses, because the router does not send any. */
@Injectable()
export class AllowedMethods {
  private routes: readonly Served[] | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** Returns the allowed methods of a path; empty if the path does not exist. */
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
