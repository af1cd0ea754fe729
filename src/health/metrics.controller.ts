import { Controller, Get, Header } from '@nestjs/common';
import { ApiExcludeController } from '../openapi/decorators';
import { register } from 'prom-client';
import { Public } from '../api-keys/access/access.decorators';

/** Serves the metrics for Prometheus. */
@ApiExcludeController()
@Controller('metrics')
export class MetricsController {
  @Get()
  @Public()
  @Header('Content-Type', register.contentType)
  async metrics(): Promise<string> {
    return register.metrics();
  }
}
