import { Controller, Get, HttpCode, type ModuleMetadata, Param, Post } from '@nestjs/common';
import {
  type ApiKeysModuleOptions,
  ApiKeysService,
  Authenticated,
  type CreateApiKey,
  CurrentApiKey,
  type CurrentKey,
  type IssuedApiKey,
  Public,
  RequireAnyScope,
  RequireScopes,
  rootCaller,
  SelfScoped,
  Tenant,
  type TenantContext,
  TenantHeaders,
} from 'keyward';
import { KeywardTestingModule, revokeTestKey, TestClock } from 'keyward/testing';
import { type AdapterName, type HostPreparation, type RunningHost, startHost } from './two-adapters';

const MEMORIES: Readonly<Record<string, readonly string[]>> = {
  'acme/apollo': ['acme keeps apollo'],
  'acme/hermes': ['acme keeps hermes'],
  'globex/apollo': ['globex keeps apollo'],
};

/**
 * Returns the memories of a tenant. Their text contains the tenant's name, so a test can see whose memories an answer
 * has.
 */
function memoriesOf({ orgId, projectId }: TenantContext): readonly string[] {
  return MEMORIES[`${orgId}/${projectId}`] ?? [];
}

@Controller('orgs/:orgId/projects/:projectId/memories')
export class MemoriesController {
  @Get()
  @RequireScopes('memory:read')
  list(@Tenant() tenant: TenantContext): object {
    return { tenant, memories: memoriesOf(tenant) };
  }

  @Post()
  @HttpCode(201)
  @RequireScopes('memory:write')
  add(@Tenant() tenant: TenantContext): object {
    return { tenant };
  }
}

@Controller()
@TenantHeaders()
export class HeaderController {
  @Get('memories')
  @RequireScopes('memory:read')
  list(@Tenant() tenant: TenantContext): object {
    return { tenant, memories: memoriesOf(tenant) };
  }

  @Get('orgs/:orgId/memories')
  @RequireScopes('memory:read')
  ofOrganisation(@Tenant() tenant: TenantContext): object {
    return { tenant, memories: memoriesOf(tenant) };
  }
}

@Controller('reports')
@RequireScopes('report:use')
class ReportsController {
  @Get()
  @RequireAnyScope('report:read', 'report:admin')
  list(): object {
    return { reports: [] };
  }

  @Post()
  @HttpCode(201)
  @RequireScopes('report:write', 'memory:read')
  make(): object {
    return {};
  }
}

@Controller()
export class AccountController {
  @Get('whoami')
  @Authenticated()
  whoAmI(@CurrentApiKey() key: CurrentKey): CurrentKey {
    return key;
  }

  @Get('orgs/:orgId/whoami')
  @Authenticated()
  whoAmIThere(@CurrentApiKey() { id }: CurrentKey, @Tenant() tenant: TenantContext): object {
    return { id, tenant };
  }

  @Get('mine/:orgId')
  @SelfScoped()
  @Authenticated()
  mine(@Tenant() tenant: TenantContext, @Param('orgId') asked: string): object {
    return { tenant, asked };
  }

  @Get('status')
  @Public()
  status(): object {
    return { up: true };
  }

  @Get('confused')
  @Public()
  confused(@CurrentApiKey() key: CurrentKey): CurrentKey {
    return key;
  }
}

/** An application with guarded routes of two tenants, and a clock that a test can move. */
export interface MemoriesHost extends RunningHost {
  readonly clock: TestClock;
  issue(request: Partial<CreateApiKey>): Promise<IssuedApiKey>;
  revoke(key: IssuedApiKey): Promise<void>;
}

/** Starts the application. */
export async function startMemoriesHost(
  adapter: AdapterName,
  options: Partial<ApiKeysModuleOptions> = {},
  metadata: ModuleMetadata = {},
  prepare: HostPreparation = {},
): Promise<MemoriesHost> {
  const clock = new TestClock();
  clock.set(new Date('2030-01-01T00:00:00Z'));
  const host = await startHost(
    adapter,
    {
      ...metadata,
      imports: [KeywardTestingModule.forRoot({ ...options, clock }), ...(metadata.imports ?? [])],
      controllers: [
        MemoriesController,
        HeaderController,
        ReportsController,
        AccountController,
        ...(metadata.controllers ?? []),
      ],
    },
    prepare,
  );
  const keys = host.app.get(ApiKeysService);
  return {
    ...host,
    clock,
    issue: async (request) => keys.create(rootCaller('system'), { name: 'test', scopes: [], ...request }),
    revoke: async ({ key }) => revokeTestKey(host.app, key.id),
  };
}
