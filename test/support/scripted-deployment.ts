import type { Deployment, DeploymentKind } from '../../src/change-feed/mongo-deployment';

/** A deployment that a test controls, including elections of a new primary. */
export class ScriptedDeployment implements Deployment {
  private readonly watchers = new Set<() => void>();

  constructor(public known: DeploymentKind = 'standalone') {}

  /** The number of watchers that are notified of a new primary. */
  get audience(): number {
    return this.watchers.size;
  }

  async kind(): Promise<DeploymentKind> {
    return this.known;
  }

  watchPrimary(onNewPrimary: () => void): () => void {
    this.watchers.add(onNewPrimary);
    return () => this.watchers.delete(onNewPrimary);
  }

  elect(): void {
    for (const onNewPrimary of this.watchers) onNewPrimary();
  }
}
