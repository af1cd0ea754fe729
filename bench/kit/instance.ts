import { HttpClient } from '../../test/support/http-client';
import type { Counts, Issued } from '../instances/instance';
import { Child } from './child';

/** One instance of the service in its own process. */
export class Instance {
  private constructor(
    private readonly child: Child,
    private readonly url: string,
  ) {}

  static async start(mongoUri: string, environment: Readonly<Record<string, string>>): Promise<Instance> {
    const child = Child.start('instances/instance.ts', [], {
      environment: { MONGODB_URI: `${mongoUri}&monitorCommands=true`, ...environment },
    });
    const { url } = await child.next<{ readonly url: string }>();
    return new Instance(child, url);
  }

  /** Returns a client that holds a token. */
  as(token: string): HttpClient {
    return new HttpClient(this.url, token);
  }

  async issue(scopes: readonly string[] = []): Promise<Issued> {
    return this.child.ask<Issued>({ issue: { name: 'bench', scopes } });
  }

  /** Returns the counts since the last call. */
  async counts(): Promise<Counts> {
    return this.child.ask<Counts>({ counts: true });
  }

  async stop(): Promise<void> {
    await this.child.stop();
  }
}
