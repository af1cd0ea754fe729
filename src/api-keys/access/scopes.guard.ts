import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { KeywardError } from '../../problems/keyward.error';
import { PROBLEM_MEDIA_TYPE, problemOf } from '../../problems/problem';
import { ProblemException } from '../../problems/problem.exception';
import { API_KEYS_OPTIONS, type ApiKeysOptions, type TenantParamNames } from '../api-keys.options';
import type { TenantContext } from '../domain/binding';
import { KeyVerifier } from '../verification/key-verifier';
import { ambiguousCredential, missingCredential, refusalOf } from './challenges';
import { readCredential } from './credentials';
import { type HttpRequest, nodeRequestOf } from './http-request';
import { type RouteAccess, RouteAccessTable } from './route-access';
import { readTenantContext } from './tenant-context';
import { attachAccess, isLetInTo } from './verified-access';

type GuardedAccess = Extract<RouteAccess, { kind: 'guarded' }>;

/**
 * Guards routes by what their decorators declare. A route that declares nothing is denied, and so is every
 * context that is not HTTP. Answers as RFC 6750 section 3 says, under Fastify and Express alike.
 *
 * Subclasses may change where the token, the tenant or the client's address comes from.
 */
@Injectable()
export class ScopesGuard implements CanActivate {
  private readonly routes = new RouteAccessTable();
  private readonly realm: string;
  private readonly tenantParams: Required<TenantParamNames>;

  constructor(
    private readonly verifier: KeyVerifier,
    @Inject(API_KEYS_OPTIONS) options: ApiKeysOptions,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    this.realm = options.realm ?? 'keyward';
    this.tenantParams = {
      orgId: options.tenantParams?.orgId ?? 'orgId',
      projectId: options.tenantParams?.projectId ?? 'projectId',
    };
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (context.getType() !== 'http') return false;
    const controller = context.getClass();
    const handler = context.getHandler();
    const access = this.routes.of(controller, handler);
    if (access.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<HttpRequest>();
    if (isLetInTo(request, controller, handler)) return true;
    return this.decide(context, request, access);
  }

  private async decide(
    context: ExecutionContext,
    request: HttpRequest,
    access: RouteAccess,
  ): Promise<boolean> {
    try {
      if (access.kind !== 'guarded') throw new ProblemException(problemOf('access_undeclared'));
      await this.admit(context, request, access);
      return true;
    } catch (error) {
      throw this.answer(context, error);
    }
  }

  private async admit(context: ExecutionContext, request: HttpRequest, access: GuardedAccess): Promise<void> {
    const token = this.tokenOf(request);
    const named = access.selfScoped ? undefined : this.tenantOf(request, access.tenantHeaders);
    const decision = await this.verifier.verify(token, {
      scopes: access.scopes,
      tenant: named,
      clientAddress: this.clientAddressOf(request),
    });
    if (decision.code !== 'VALID') throw refusalOf(decision.code, access.scopes, this.realm);
    const { key } = decision;
    attachAccess(request, {
      key,
      tenant: named ?? { orgId: key.orgId, projectId: key.projectId },
      route: [context.getClass(), context.getHandler()],
    });
  }

  /**
   * The presented token.
   *
   * @throws ProblemException if there is none, or more than one
   */
  protected tokenOf(request: HttpRequest): string {
    const credential = readCredential(nodeRequestOf(request));
    if (credential.kind === 'none') throw missingCredential(this.realm);
    if (credential.kind === 'ambiguous') throw ambiguousCredential(this.realm);
    return credential.token;
  }

  /**
   * The tenant the request names.
   *
   * @throws ProblemException if it contradicts itself, or names what no tenant can be called
   */
  protected tenantOf(request: HttpRequest, withHeaders: boolean): TenantContext {
    const tenant = readTenantContext(request, this.tenantParams, withHeaders);
    if (tenant === 'conflict') {
      throw new ProblemException(
        problemOf('binding_conflict', 'Name the same tenant in the path and in headers.'),
      );
    }
    if (tenant === 'malformed') {
      throw new ProblemException(
        problemOf(
          'invalid_request',
          'Organisations and projects are 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ -',
        ),
      );
    }
    return tenant;
  }

  /** The address of the client, `undefined` where it is not known. */
  protected clientAddressOf(request: HttpRequest): string | undefined {
    return nodeRequestOf(request).socket.remoteAddress;
  }

  /** Puts a problem's headers on the response, where they arrive whatever filter the application has. */
  private answer(context: ExecutionContext, error: unknown): unknown {
    const problem = error instanceof KeywardError ? ProblemException.of(error) : error;
    if (!(problem instanceof ProblemException)) return problem;
    const response = context.switchToHttp().getResponse<unknown>();
    const adapter = this.adapterHost.httpAdapter;
    adapter.setHeader(response, 'Content-Type', PROBLEM_MEDIA_TYPE);
    for (const [name, value] of Object.entries(problem.headers)) adapter.setHeader(response, name, value);
    return problem;
  }
}
