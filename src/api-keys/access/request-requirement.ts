import type { TenantContext } from '../domain/binding';
import type { Requirement } from '../domain/decision';
import type { ScopeRequirement } from '../domain/scopes';

/**
 * What a route asks of the key that a request presents. The client's address is found out only where something asks for
 * it: few keys have an allowlist, and looking it up costs as much as all else that is read off a request.
 */
export class RequestRequirement<Request> implements Requirement {
  constructor(
    readonly scopes: ScopeRequirement,
    readonly tenant: TenantContext | undefined,
    private readonly request: Request,
    private readonly addressOf: (request: Request) => string | undefined,
    readonly possession: boolean,
  ) {}

  get clientAddress(): string | undefined {
    return this.addressOf(this.request);
  }
}
