import { Get } from '@nestjs/common';
import type { Call } from '../../http/own-route';
import { currentCaller } from '../access/current-caller';
import { GuardedController, GuardedRoute } from '../access/guarded-route.decorator';
import { SelfScoped } from '../access/access.decorators';
import { UsageDto } from './dto/usage.dto';
import { toUsageRequest, UsageQuery } from './dto/usage.query';
import { KeyUsageService } from './key-usage.service';

/** The route for the usage of a key. */
@GuardedController('v1/api-keys/:id/usage', 'API keys')
@SelfScoped()
export class KeyUsageController {
  constructor(private readonly usage: KeyUsageService) {}

  /**
   * Returns how often a key was used in each hour (UTC), oldest first, by outcome.
   *
   * @remarks
   * Counts verifications by guards, the verify endpoint and forward-auth, but not introspection. The counts are best effort
   * and some seconds late.
   */
  @Get()
  @GuardedRoute('getApiKeyUsage', {
    scopes: ['api-keys:read'],
    sessions: true,
    param: 'id',
    query: UsageQuery,
    problems: ['usage_not_recorded'],
  })
  async show({ request, params, query }: Call<object, UsageQuery>): Promise<UsageDto> {
    const caller = currentCaller(request);
    return UsageDto.of(await this.usage.of(caller, params['id'] ?? '', toUsageRequest(query)));
  }
}
