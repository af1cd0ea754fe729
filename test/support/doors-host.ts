import { Controller, Get, Module } from '@nestjs/common';
import {
  ApiKeysService,
  Authenticated,
  CurrentApiKey,
  type CurrentKey,
  type CreateApiKey,
  type IssuedApiKey,
  OWNER_STATUS,
  POLICIES,
  RequireScopes,
  rootCaller,
  Tenant,
  type TenantContext,
} from 'keyward';
import { KeywardTestingModule, TestClock } from 'keyward/testing';
import { ScriptedPolicies } from './scripted-policies';
import { type AdapterName, type RunningHost, startHost } from './two-adapters';

/** The only owner that is disabled. */
export const DISABLED_OWNER = '01jd8x4k2m6n8p0q2r4s6t8v0w';

const TENANTS = ['', 'orgs/:orgId', 'orgs/:orgId/projects/:projectId', 'projects/:projectId'];

/** An owner whose policy allows only scopes that begin with `notes`. */
export const NARROWED_OWNER = '01jd8x4k2m6n8p0q2r4s6t8v1w';

/** An owner whose policy allows `memory:read`. */
export const READING_OWNER = '01jd8x4k2m6n8p0q2r4s6t8v2w';

/** The only owner that is suspended. */
export const SUSPENDED_OWNER = '01jd8x4k2m6n8p0q2r4s6t8v3w';

/** The only organisation that is suspended. */
export const SUSPENDED_ORG = 'initech';

/** Routes for every kind of tenant context, with and without a scope. */
@Controller('probe')
class ProbeController {
  @Get(TENANTS.map((tenant) => `any/${tenant}`))
  @Authenticated()
  any(@Tenant() tenant: TenantContext): TenantContext {
    return tenant;
  }

  @Get(TENANTS.map((tenant) => `memory/${tenant}`))
  @RequireScopes('memory:read')
  memory(@Tenant() tenant: TenantContext): TenantContext {
    return tenant;
  }

  @Get('scopes')
  @Authenticated()
  scopes(@CurrentApiKey() { scopes }: CurrentKey): { readonly scopes: readonly string[] } {
    return { scopes };
  }
}

const owners = { isActive: async (ownerId: string): Promise<boolean> => ownerId !== DISABLED_OWNER };

/** Returns the policies of all samples. The default policy allows what the samples of organisations hold. */
function somePolicies(): ScriptedPolicies {
  const policies = new ScriptedPolicies();
  policies.set('default', { allowedScopes: ['memory:*', 'notes:*'] });
  policies.set(`org:${SUSPENDED_ORG}`, { suspended: true });
  policies.set(`owner:${SUSPENDED_OWNER}`, { suspended: true });
  policies.set(`owner:${NARROWED_OWNER}`, { allowedScopes: ['notes:*'] });
  policies.set(`owner:${READING_OWNER}`, { allowedScopes: ['memory:read'] });
  return policies;
}

@Module({
  providers: [
    { provide: OWNER_STATUS, useValue: owners },
    { provide: POLICIES, useFactory: somePolicies },
  ],
  exports: [OWNER_STATUS, POLICIES],
})
class OwnersModule {}

/** An application with all four ways to a decision: guarded routes, verify, introspection and forward-auth. */
export interface DoorsHost extends RunningHost {
  readonly keys: ApiKeysService;
  /** Moves the application's clock forward. */
  advance(seconds: number): void;
  issue(request: Partial<CreateApiKey>): Promise<IssuedApiKey>;
}

/** Starts the application. It trusts `X-Forwarded-For`, so a test can choose the client address. */
export async function startDoorsHost(adapter: AdapterName): Promise<DoorsHost> {
  const clock = new TestClock();
  clock.set(new Date('2030-01-01T00:00:00Z'));
  const host = await startHost(adapter, {
    imports: [
      { module: OwnersModule, global: true },
      KeywardTestingModule.forRoot({
        clock,
        http: { trustProxy: ['127.0.0.1'] },
        tokens: { importPrefixes: ['xm_'] },
        limits: { failedCredentials: { limit: 1_000_000, windowSeconds: 60 } },
      }),
    ],
    controllers: [ProbeController],
  });
  const keys = host.app.get(ApiKeysService);
  return {
    ...host,
    keys,
    advance: (seconds) => clock.advance(seconds * 1000),
    issue: async (request) => keys.create(rootCaller('system'), { name: 'test', scopes: [], ...request }),
  };
}
