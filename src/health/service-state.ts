import { Injectable } from '@nestjs/common';

/** Whether this instance is on its way out, and should get no more requests. */
@Injectable()
export class ServiceState {
  isDraining = false;
}
