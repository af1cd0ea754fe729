import type { LeaseRecord, LeaseRepository } from '../../api-keys/ports/lease.repository';

/** Keeps leases in this process. */
export class MemoryLeaseRepository implements LeaseRepository {
  private readonly leases = new Map<string, LeaseRecord>();

  async read(name: string): Promise<LeaseRecord | null> {
    return this.leases.get(name) ?? null;
  }

  async write(name: string, next: LeaseRecord): Promise<boolean> {
    const before = this.leases.get(name);
    if ((before?.beat ?? 0) !== next.beat - 1) return false;
    this.leases.set(name, { progress: before?.progress, ...next });
    return true;
  }
}
