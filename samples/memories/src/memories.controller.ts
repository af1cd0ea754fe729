import { Body, Controller, Get, Post } from '@nestjs/common';
import { RequireScopes, Tenant, type TenantContext } from 'keyward';

const memories = new Map<string, string[]>();

@Controller('orgs/:orgId/projects/:projectId/memories')
export class MemoriesController {
  @Get()
  @RequireScopes('memory:read')
  list(@Tenant() tenant: TenantContext): string[] {
    return memories.get(shelfOf(tenant)) ?? [];
  }

  @Post()
  @RequireScopes('memory:write')
  add(@Tenant() tenant: TenantContext, @Body('text') text: string): string[] {
    memories.set(shelfOf(tenant), [...this.list(tenant), text]);
    return this.list(tenant);
  }
}

function shelfOf({ orgId, projectId }: TenantContext): string {
  return `${orgId}/${projectId}`;
}
