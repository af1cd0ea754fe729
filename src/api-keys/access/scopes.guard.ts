import {
  type CanActivate,
  type ExecutionContext,
  HttpException,
  Inject,
  Injectable,
  Optional,
  type Type,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CREDENTIAL_HEADERS, keepFromCaches } from '../../problems/cache-headers';
import { PROBLEM_MEDIA_TYPE } from '../../problems/problem';
import { ProblemException } from '../../problems/problem.exception';
import { API_KEYS_OPTIONS, type ApiKeysOptions } from '../options/api-keys.options';
import type { TenantContext } from '../domain/binding';
import { isAtOnce, type Passed } from '../verification/verification';
import { Admission } from './admission';
import { AUTHENTICATOR, type Authenticator } from '../ports/authenticator';
import { ClientAddress } from '../../http/client-address';
import { type PresentedCredential, readCredential } from './header-credential';
import { passDecisionOn } from './logged-decision';
import { type HttpRequest, nodeRequestOf } from '../../http/http-request';
import { rateLimitHeaders } from './rate-limit-answers';
import { RequestRequirement } from './request-requirement';
import { type GuardedAccess, type RouteAccess, RouteAccessTable } from './route-access';
import { readTenantArgs, readTenantContext, TENANT_HEADERS, tenantNamesIn } from './tenant-context';
import { readClientCredential } from './form-credential';
import { accessOf, attachAccess, forgetAccess, isLetInTo, KeyAccess } from './verified-access';
import { callOf } from '../calls/call-of';
import { CallGuard } from './call-guard';
import { ConnectionGuard, type KeyConnection, type Opening } from './connection-guard';

/** The injection token of the guard class that the module installs. */
export const MODULE_GUARD = Symbol('keyward:module-guard');

const CREDENTIAL_AND_TENANT_HEADERS = [...CREDENTIAL_HEADERS, ...TENANT_HEADERS];

/**
 * Enforces the access decorators of routes, under Fastify and Express, of GraphQL fields, and of messages of WebSockets.
 * Rejects every request to a route without such decorators, and every context of another kind unless it is `@Public()`.
 * Rejections of routes follow RFC 6750 section 3.
 *
 * Sets `Cache-Control: no-store` on every response of a guarded route, unless the handler sets another value, and adds the
 * credential headers to `Vary`; see decision record 0066.
 *
 * Subclasses may change the source of the credential, the tenant or the client's address, and the error that a rejected
 * request receives. They cannot allow a request that this class rejects.
 *
 * If a route has several guards of this class from one module, only the first one decides, and the request counts once.
 * `ScopesGuard` also accepts the decision of the guard in `guard.use`. Any other subclass makes its own decision and counts
 * the request again.
 */
@Injectable()
export class ScopesGuard implements CanActivate {
  private readonly routes = new RouteAccessTable();
  private readonly tenantParams: ReturnType<typeof tenantNamesIn>;
  private readonly tenantArgs: ReturnType<typeof tenantNamesIn>;
  private readonly addressOf = (request: HttpRequest): string | undefined => this.clientAddressOf(request);
  private readonly calls: CallGuard;
  private readonly connections: ConnectionGuard;
  private readonly judgesAlike = (guard: object): boolean => guard === this || this.isTwin(guard);

  /** @internal Nest calls it. */
  constructor(
    private readonly admission: Admission,
    @Inject(API_KEYS_OPTIONS) private readonly moduleOptions: ApiKeysOptions,
    private readonly adapterHost: HttpAdapterHost,
    private readonly clientAddress: ClientAddress,
    @Optional() @Inject(AUTHENTICATOR) private readonly authenticator?: Authenticator,
    @Optional() @Inject(MODULE_GUARD) private readonly moduleGuard: Type<ScopesGuard> = ScopesGuard,
  ) {
    const { params, args } = moduleOptions.tenant ?? {};
    this.tenantParams = tenantNamesIn(params);
    this.tenantArgs = tenantNamesIn(args);
    const reading = {
      credentialOf: (request: HttpRequest) => this.credentialOf(request, false),
      addressOf: this.addressOf,
    };
    this.connections = new ConnectionGuard(this, admission, reading);
    this.calls = new CallGuard(this, admission, {
      ...reading,
      requestOf: (context) => this.requestOf(context),
      tenantIn: (named, request) => this.tenantIn(named, request),
      rejectionOf: (rejection, request) => this.rejectionIn(rejection, request),
      judgesAlike: this.judgesAlike,
      keepFromCaches: (response) => keepFromCaches(this.adapterHost.httpAdapter, response),
    });
  }

  /** Returns synchronously if the verifier returns synchronously, so that a request with a cached key does not wait for a promise. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const controller = context.getClass();
    const handler = context.getHandler();
    const access = this.routes.of(controller, handler);
    if (context.getType() !== 'http') return this.calls.canActivate(context, access);
    const request = context.getArgByIndex<HttpRequest>(0);
    const known = accessOf(request);
    if (known !== undefined) {
      if (access.kind !== 'public' && isLetInTo(known, controller, handler, request.params, this.judgesAlike))
        return true;
      // Express has forwarded the request from another route, whose decision does not count here.
      forgetAccess(request);
    }
    if (access.kind === 'public') return true;
    this.keepFromCaches(context, access);
    try {
      if (access.kind !== 'guarded') throw ProblemException.from('access_undeclared');
      const admitted = this.admit(context, request, access);
      return admitted === undefined ? true : this.late(context, request, access, admitted);
    } catch (error) {
      throw this.challenged(context, request, access, error);
    }
  }

  private async late(
    context: ExecutionContext,
    request: HttpRequest,
    access: RouteAccess,
    admitted: Promise<void>,
  ): Promise<boolean> {
    try {
      await admitted;
      return true;
    } catch (error) {
      throw this.challenged(context, request, access, error);
    }
  }

  /**
   * Returns `undefined` if the request is already allowed, otherwise a promise. Callers must not test for `instanceof Promise`,
   * because libraries such as zone.js replace the global `Promise`.
   */
  private admit(
    context: ExecutionContext,
    request: HttpRequest,
    access: GuardedAccess,
  ): undefined | Promise<void> {
    const credential = this.credentialOf(request, access.clientCredentials);
    return access.clientCredentials
      ? this.admitClient(context, request, access, credential)
      : this.admitWith(context, request, access, credential);
  }

  private async admitClient(
    context: ExecutionContext,
    request: HttpRequest,
    access: GuardedAccess,
    inHeaders: PresentedCredential,
  ): Promise<void> {
    return this.admitWith(context, request, access, await readClientCredential(request, inHeaders));
  }

  private admitWith(
    context: ExecutionContext,
    request: HttpRequest,
    access: GuardedAccess,
    credential: PresentedCredential,
  ): undefined | Promise<void> {
    const { params } = request;
    const session = access.sessions ? this.sessionIn(credential) : undefined;
    if (session !== undefined && this.authenticator !== undefined) {
      return this.admitSession(context, request, access, session, this.authenticator);
    }
    const tenant =
      access.selfScoped || credential.kind !== 'token'
        ? undefined
        : this.tenantOf(request, access.tenantHeaders);
    const passed = this.admission.admit(
      credential,
      new RequestRequirement(access.scopes, tenant, request, this.addressOf, access.possession),
      'guard',
      access.verification,
    );
    if (!isAtOnce(passed)) {
      return passed.then((late) => this.letIn(context, request, params, late, tenant));
    }
    this.letIn(context, request, params, passed, tenant);
    return undefined;
  }

  private async admitSession(
    context: ExecutionContext,
    request: HttpRequest,
    { scopes }: GuardedAccess,
    session: string,
    authenticator: Authenticator,
  ): Promise<void> {
    const { params } = request;
    const clientAddress = this.clientAddressOf(request);
    const caller = await this.admission.admitSession(session, authenticator, { scopes, clientAddress });
    attachAccess({
      guard: this,
      request,
      params,
      controller: context.getClass(),
      handler: context.getHandler(),
      caller,
      tenant: {},
    });
  }

  private letIn(
    context: ExecutionContext,
    request: HttpRequest,
    params: unknown,
    passed: Passed,
    tenant: TenantContext | undefined,
  ): void {
    attachAccess(
      new KeyAccess(this, request, params, context.getClass(), context.getHandler(), passed, tenant),
    );
    if (passed.rateLimits !== undefined) this.setHeaders(context, rateLimitHeaders(passed.rateLimits));
  }

  /**
   * Returns whether this guard uses these options. An application may import Keyward twice, with different options.
   *
   * @internal
   */
  goesBy(options: ApiKeysOptions | undefined): boolean {
    return this.moduleOptions === options;
  }

  /**
   * Returns whether this guard accepts the decisions of another one, or is another instance of its class.
   *
   * @internal
   */
  judgesLike(guard: ScopesGuard): boolean {
    return this.judgesAlike(guard) || guard.constructor === this.constructor;
  }

  /**
   * Judges the credential with which a client opens the connection of a WebSocket.
   *
   * @param isOpen whether clients without a credential are allowed
   * @returns `undefined` for a client without a credential
   * @throws ProblemException if the connection is rejected
   * @internal
   */
  async connect(opening: Opening, isOpen: boolean): Promise<KeyConnection | undefined> {
    return this.connections.admit(opening, isOpen);
  }

  /**
   * Returns whether another guard makes the same decisions as this one. Nest creates a global guard, and one for each module
   * with `@UseGuards`, so several can check one request.
   */
  private isTwin(guard: object): boolean {
    return (
      guard instanceof ScopesGuard &&
      (guard.constructor === ScopesGuard || guard.constructor === this.moduleGuard) &&
      this.constructor === ScopesGuard &&
      guard.admission === this.admission &&
      guard.goesBy(this.moduleOptions) &&
      guard.authenticator === this.authenticator
    );
  }

  private challenged(
    context: ExecutionContext,
    request: HttpRequest,
    access: RouteAccess,
    error: unknown,
  ): unknown {
    if (!(error instanceof ProblemException)) return error;
    passDecisionOn(error, request);
    const isOwnRoute = access.kind === 'guarded' && access.isOwn;
    const rejection = isOwnRoute ? error : this.rejectionIn(error, request);
    const isProblem = rejection === error;
    this.setHeaders(context, { ...(isProblem && { 'Content-Type': PROBLEM_MEDIA_TYPE }), ...error.headers });
    return rejection;
  }

  /** Returns the error of a subclass if it rejects the request. */
  private rejectionIn(problem: ProblemException, request: HttpRequest): Error {
    const rejection: unknown = this.rejectionOf(problem, request);
    return isRejection(rejection) ? rejection : problem;
  }

  /** Returns the bearer token if it is a session. */
  private sessionIn(credential: PresentedCredential): string | undefined {
    if (credential.kind !== 'token' || credential.scheme !== 'bearer') return undefined;
    return this.authenticator?.recognizes(credential.token) ? credential.token : undefined;
  }

  /** Returns the credential in the headers. */
  protected credentialOf(request: HttpRequest, withBasic: boolean): PresentedCredential {
    return readCredential(nodeRequestOf(request), withBasic);
  }

  /**
   * Returns the tenant that the request names.
   *
   * @throws ProblemException if it names two different tenants, or an invalid name
   */
  protected tenantOf(request: HttpRequest, withHeaders: boolean): TenantContext {
    const tenant = readTenantContext(request, this.tenantParams, withHeaders);
    if (tenant === 'conflict') {
      throw ProblemException.from('binding_conflict', 'Name the same tenant in the path and the headers.');
    }
    if (tenant === 'malformed') {
      throw malformedTenant();
    }
    return tenant;
  }

  /**
   * Returns the tenant that the arguments of a GraphQL field name, or the members of the data of a message.
   *
   * @throws ProblemException if a name is invalid
   * @example
   * protected tenantIn(args: { input?: object }, request: HttpRequest): TenantContext {
   *   return super.tenantIn(args.input, request);
   * }
   */
  protected tenantIn(args: unknown, _request: HttpRequest): TenantContext {
    const tenant = readTenantArgs(args, this.tenantArgs);
    if (tenant === 'malformed') throw malformedTenant();
    return tenant;
  }

  /**
   * Returns the request that carried a call that is not an HTTP request of its own, or that opened its connection. Override
   * it if the application keeps the request elsewhere, for example in a GraphQL context of its own form. Override it also to
   * guard other transports: put the credential into a request.
   *
   * @returns `undefined` to reject the call
   * @example
   * protected requestOf(context: ExecutionContext): HttpRequest | undefined {
   *   if (context.getType() !== 'rpc') return super.requestOf(context);
   *   const request = new IncomingMessage(new Socket());
   *   request.rawHeaders.push('Authorization', `Bearer ${context.switchToRpc().getData<{ key: string }>().key}`);
   *   return { raw: request };
   * }
   */
  protected requestOf(context: ExecutionContext): HttpRequest | undefined {
    return callOf(context).request;
  }

  /** Returns the address of the client; `undefined` if it is unknown. */
  protected clientAddressOf(request: HttpRequest): string | undefined {
    return this.clientAddress.of(nodeRequestOf(request));
  }

  /**
   * Returns the error for a rejected request, so that a subclass can respond in the application's own format. Keyward's own
   * routes do not call it. The headers of the rejection, such as `WWW-Authenticate`, are set in any case.
   *
   * @param rejection the problem with its status, code and headers
   * @returns the error to throw. Anything else is ignored, and so is an `HttpException` with a status below 300, because a
   *   proxy would accept it
   * @example
   * protected rejectionOf({ problem }: ProblemException): Error {
   *   return new HttpException({ error: problem.code }, problem.status);
   * }
   */
  protected rejectionOf(rejection: ProblemException, _request: HttpRequest): Error {
    return rejection;
  }

  /** Sets `Cache-Control` and `Vary` before the handler runs, so that the handler can set other values. */
  private keepFromCaches(context: ExecutionContext, access: RouteAccess): void {
    const readsTenant = access.kind === 'guarded' && access.tenantHeaders;
    keepFromCaches(
      this.adapterHost.httpAdapter,
      context.getArgByIndex(1),
      readsTenant ? CREDENTIAL_AND_TENANT_HEADERS : CREDENTIAL_HEADERS,
    );
  }

  /** Sets headers here and not only in Keyward's exception filter, because the application may use another filter. */
  private setHeaders(context: ExecutionContext, headers: Readonly<Record<string, string>>): void {
    const response = context.switchToHttp().getResponse<unknown>();
    for (const [name, value] of Object.entries(headers)) {
      this.adapterHost.httpAdapter.setHeader(response, name, value);
    }
  }
}

function malformedTenant(): ProblemException {
  return ProblemException.from(
    'invalid_request',
    'Use 1 to 128 characters of A-Z a-z 0-9 . _ ~ : @ - for the names of organisations and projects.',
  );
}

function isRejection(value: unknown): value is Error {
  return value instanceof HttpException ? value.getStatus() >= 300 : value instanceof Error;
}
