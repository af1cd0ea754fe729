import { type CanActivate, type ExecutionContext, Inject, Injectable, Optional } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { PROBLEM_MEDIA_TYPE, problemOf } from '../../problems/problem';
import { ProblemException } from '../../problems/problem.exception';
import { API_KEYS_OPTIONS, type ApiKeysOptions, type TenantParamNames } from '../api-keys.options';
import type { TenantContext } from '../domain/binding';
import { callerOf } from '../domain/caller';
import { Admission } from './admission';
import { AUTHENTICATOR, type Authenticator } from './authenticator';
import { clientAddressFinder, type ClientAddressOf } from './client-address';
import { type PresentedCredential, readCredential } from './credentials';
import { passNoteOn } from './decision-note';
import { type HttpRequest, nodeRequestOf } from './http-request';
import { rateLimitHeaders } from './rate-limit-headers';
import { type RouteAccess, RouteAccessTable } from './route-access';
import { readTenantContext } from './tenant-context';
import { attachAccess, isLetInTo, type VerifiedAccess } from './verified-access';

type GuardedAccess = Extract<RouteAccess, { kind: 'guarded' }>;

/**
 * Guards routes by what their decorators declare. A route that declares nothing is denied, and so is every
 * context that is not HTTP. Answers as RFC 6750 section 3 says, under Fastify and Express alike.
 *
 * Subclasses may change where the credential, the tenant or the client's address comes from.
 */
@Injectable()
export class ScopesGuard implements CanActivate {
  private readonly routes = new RouteAccessTable();
  private readonly tenantParams: Required<TenantParamNames>;
  private readonly clientAddress: ClientAddressOf;

  constructor(
    private readonly admission: Admission,
    @Inject(API_KEYS_OPTIONS) options: ApiKeysOptions,
    private readonly adapterHost: HttpAdapterHost,
    @Optional() @Inject(AUTHENTICATOR) private readonly authenticator?: Authenticator,
  ) {
    this.tenantParams = {
      orgId: options.tenantParams?.orgId ?? 'orgId',
      projectId: options.tenantParams?.projectId ?? 'projectId',
    };
    this.clientAddress = clientAddressFinder(options.trustProxy ?? []);
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
      const { headers, ...verified } = await this.admit(request, access);
      attachAccess(request, { ...verified, route: [context.getClass(), context.getHandler()] });
      this.setHeaders(context, headers);
      return true;
    } catch (error) {
      if (error instanceof ProblemException) {
        passNoteOn(error, request);
        this.setHeaders(context, { 'Content-Type': PROBLEM_MEDIA_TYPE, ...error.headers });
      }
      throw error;
    }
  }

  /** @returns what was found out, and the headers that tell where the key's rate limit stands */
  private async admit(
    request: HttpRequest,
    access: GuardedAccess,
  ): Promise<Omit<VerifiedAccess, 'route'> & { readonly headers: Readonly<Record<string, string>> }> {
    const credential = this.credentialOf(request, access.basicCredentials);
    const { scopes } = access;
    const clientAddress = this.clientAddressOf(request);
    const session = access.sessions ? this.sessionIn(credential) : undefined;
    if (session !== undefined && this.authenticator !== undefined) {
      const caller = await this.admission.admitSession(session, this.authenticator, {
        scopes,
        clientAddress,
      });
      return { caller, tenant: {}, headers: {} };
    }
    const named =
      access.selfScoped || credential.kind !== 'token'
        ? undefined
        : this.tenantOf(request, access.tenantHeaders);
    const { key, secret, rateLimit } = await this.admission.admit(credential, {
      scopes,
      tenant: named,
      clientAddress,
    });
    return {
      caller: callerOf(key, secret),
      presented: { key, secret },
      tenant: named ?? { orgId: key.orgId, projectId: key.projectId },
      headers: rateLimit === undefined ? {} : rateLimitHeaders(rateLimit),
    };
  }

  /** The bearer token that is a session's, not a key's. */
  private sessionIn(credential: PresentedCredential): string | undefined {
    if (credential.kind !== 'token' || credential.scheme !== 'bearer') return undefined;
    return this.authenticator?.recognizes(credential.token) ? credential.token : undefined;
  }

  /** The presented credential. */
  protected credentialOf(request: HttpRequest, withBasic: boolean): PresentedCredential {
    return readCredential(nodeRequestOf(request), withBasic);
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
    return this.clientAddress(nodeRequestOf(request));
  }

  /** Set here as well as by Keyward's filter, so that they arrive whatever filter the application has. */
  private setHeaders(context: ExecutionContext, headers: Readonly<Record<string, string>>): void {
    const response = context.switchToHttp().getResponse<unknown>();
    for (const [name, value] of Object.entries(headers)) {
      this.adapterHost.httpAdapter.setHeader(response, name, value);
    }
  }
}
