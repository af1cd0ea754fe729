import { Body, Controller, Get, Post } from '@nestjs/common';
import {
  Authenticated,
  CurrentApiKey,
  type CurrentKey,
  Public,
  RequireAnyScope,
  RequireScopes,
  Tenant,
  type TenantContext,
  TenantHeaders,
} from 'keyward';

@Controller('orgs/:orgId/memories')
export class MemoriesController {
  private readonly memories = new Map<string, string[]>();

  @Get()
  @RequireAnyScope('memory:read', 'memory:admin')
  list(@Tenant() { orgId = '' }: TenantContext): string[] {
    return this.memories.get(orgId) ?? [];
  }

  @Post()
  @RequireScopes('memory:write')
  add(@Tenant() { orgId = '' }: TenantContext, @Body('text') text: string): string[] {
    this.memories.set(orgId, [...this.list({ orgId }), text]);
    return this.list({ orgId });
  }
}

@Controller()
export class AccountController {
  @Get('whoami')
  @TenantHeaders()
  @Authenticated()
  whoAmI(@CurrentApiKey() { id, orgId }: CurrentKey): object {
    return { id, orgId };
  }

  @Get()
  @Public()
  welcome(): object {
    return { welcome: true };
  }
}
