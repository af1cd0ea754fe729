import { Injectable } from '@nestjs/common';

/** Whether this instance is on its way out, and should get no more requests. */
@Injectable()
export class ServiceState {
  private draining = false;

  get isDraining(): boolean {
    return this.draining;
  }

  beginDraining(): void {
    this.draining = true;
  }
}
