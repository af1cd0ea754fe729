import type { ExecutionContext } from '@nestjs/common';
import { callOf } from '../calls/call-of';
import type { GuardedCall } from '../calls/guarded-call';
import type { TenantContext } from '../domain/binding';
import { MisuseError } from '../../problems/misuse.error';
import { ProblemException } from '../../problems/problem.exception';
import type { HttpRequest } from '../../http/http-request';
import { isAtOnce, type Passed } from '../verification/verification';
import type { Admission } from './admission';
import { withHandshake } from './handshake-credential';
import type { PresentedCredential } from './header-credential';
import { passDecisionOn } from './logged-decision';
import { RequestRequirement } from './request-requirement';
import type { GuardedAccess, RouteAccess } from './route-access';
import { attachCallAccess, callAccessOf, isLetInTo, KeyAccess, type LiveKey } from './verified-access';

/** The parts of `ScopesGuard` that its subclasses may replace. */
interface Hooks {
  readonly requestOf: (context: ExecutionContext) => HttpRequest | undefined;
  readonly credentialOf: (request: HttpRequest) => PresentedCredential;
  readonly tenantIn: (args: unknown, request: HttpRequest) => TenantContext;
  readonly addressOf: (request: HttpRequest) => string | undefined;
  readonly rejectionOf: (problem: ProblemException, request: HttpRequest) => Error;
  readonly judgesAlike: (guard: object) => boolean;
  readonly keepFromCaches: (response: object) => void;
}

/** What is known about a call before its decision. */
interface Occasion {
  readonly context: ExecutionContext;
  readonly call: GuardedCall;
  readonly request: HttpRequest;
}

/**
 * Enforces access decorators for calls that are not HTTP requests of their own. Each call gets its own decision about its own
 * arguments, because many calls share one request.
 */
export class CallGuard {
  /** The responses with headers for caches. Set only once, because a handler may set other values. */
  private readonly keptFromCaches = new WeakSet<object>();

  constructor(
    private readonly guard: object,
    private readonly admission: Admission,
    private readonly hooks: Hooks,
  ) {}

  canActivate(context: ExecutionContext, access: RouteAccess): boolean | Promise<boolean> {
    if (access.kind === 'public') return true;
    const call = callOf(context);
    // The root field was judged. Without fieldResolverEnhancers, Nest runs no guard for the fields below it.
    if (access.kind === 'undeclared' && call.whole !== undefined) return true;
    const { hooks } = this;
    const [controller, handler] = [context.getClass(), context.getHandler()];
    if (isLetInTo(callAccessOf(call.carrier), controller, handler, call.occasion, hooks.judgesAlike))
      return true;
    const request = hooks.requestOf(context);
    if (request === undefined) {
      if (call.remedy === undefined) return false;
      throw new MisuseError(call.remedy);
    }
    const occasion = { context, call, request };
    this.keepFromCaches(call);
    try {
      if (access.kind !== 'guarded') throw ProblemException.from('access_undeclared');
      const admitted = this.admit(occasion, access);
      return admitted === undefined ? true : this.late(occasion, admitted);
    } catch (error) {
      throw this.rejected(occasion, error);
    }
  }

  private keepFromCaches({ response }: GuardedCall): void {
    if (response === undefined || this.keptFromCaches.has(response)) return;
    this.keptFromCaches.add(response);
    this.hooks.keepFromCaches(response);
  }

  private async late(occasion: Occasion, admitted: Promise<void>): Promise<boolean> {
    try {
      await admitted;
      return true;
    } catch (error) {
      throw this.rejected(occasion, error);
    }
  }

  private admit(occasion: Occasion, access: GuardedAccess): undefined | Promise<void> {
    const { call, request } = occasion;
    call.requireSize(request);
    const credential = withHandshake(this.hooks.credentialOf(request), call.handshake);
    const needsTenant = !access.selfScoped && credential.kind === 'token';
    const tenant = needsTenant ? this.tenantOf(call, request) : undefined;
    const { scopes, possession, verification } = access;
    const requirement = new RequestRequirement(scopes, tenant, request, this.hooks.addressOf, possession);
    const options = {
      ...verification,
      isPart: call.whole !== undefined && verification?.cost === undefined,
    };
    const passed = this.admission.admit(credential, requirement, 'guard', options);
    const live: LiveKey | undefined =
      call.isLasting && credential.kind === 'token'
        ? (end) =>
            this.admission.follow(credential.token, requirement, (problem) =>
              end(this.lateRejection(occasion, problem)),
            )
        : undefined;
    if (isAtOnce(passed)) {
      this.letIn(occasion, passed, tenant, live);
      return undefined;
    }
    return passed.then((late) => this.letIn(occasion, late, tenant, live));
  }

  private letIn(
    { context, call, request }: Occasion,
    passed: Passed,
    tenant: TenantContext | undefined,
    live: LiveKey | undefined,
  ): void {
    const [controller, handler] = [context.getClass(), context.getHandler()];
    const access = new KeyAccess(
      this.guard,
      request,
      call.occasion,
      controller,
      handler,
      passed,
      tenant,
      live,
    );
    attachCallAccess(call.carrier, access);
  }

  /** A part of a call that names no tenant belongs to the tenant of the whole. */
  private tenantOf({ args, whole }: GuardedCall, request: HttpRequest): TenantContext {
    const named = this.hooks.tenantIn(args, request);
    if (whole === undefined || named.orgId !== undefined || named.projectId !== undefined) return named;
    return callAccessOf(whole)?.tenant ?? named;
  }

  private rejected(occasion: Occasion, error: unknown): unknown {
    return error instanceof ProblemException ? this.rejection(occasion, error) : error;
  }

  /** Nobody catches what the application throws here, and the call must end in any case. */
  private lateRejection(occasion: Occasion, problem: ProblemException): Error {
    try {
      return this.rejection(occasion, problem);
    } catch (thrown) {
      return thrown instanceof Error ? thrown : occasion.call.rejection(problem);
    }
  }

  private rejection({ call, request }: Occasion, problem: ProblemException): Error {
    passDecisionOn(problem, request);
    const rejection = this.hooks.rejectionOf(problem, request);
    if (rejection === problem) return call.rejection(problem);
    return call.ownRejection?.(rejection) ?? rejection;
  }
}
