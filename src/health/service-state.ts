import { Injectable } from '@nestjs/common';

/** Whether this instance is shutting down and should receive no more requests. */
@Injectable()
export class ServiceState {
  isDraining = false;
}
