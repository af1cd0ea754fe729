import type { INestApplicationContext } from '@nestjs/common';
import { type Clock, CLOCK } from '../../api-keys/ports/clock';
import type { ApiKey } from '../../api-keys/domain/api-key';
import { ApiKeyDto } from '../../api-keys/management/dto/api-key.dto';
import { KeyUsageService } from '../../api-keys/management/key-usage.service';

/** Returns the fields of a key that the HTTP API shows. They contain no secret. */
export async function shownKey(app: INestApplicationContext, key: ApiKey): Promise<ApiKeyDto> {
  const used = await app.get(KeyUsageService).lastUsed([key.id]);
  return ApiKeyDto.of(key, app.get<Clock>(CLOCK).now(), used.get(key.id));
}
