import { Injectable } from '@nestjs/common';

/** Stores whether this instance is shutting down, and should receive no more requests. */
@Injectable()
export class ServiceState {
  isDraining = false;
}
