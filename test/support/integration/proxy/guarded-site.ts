import type { HeaderLine } from '../../raw-request';
import { freePort } from '../../free-port';
import { testDatabaseUri } from '../../test-database';
import type { Replacements } from '../documented-file';
import { type EchoedRequest, type EchoUpstream, startEchoUpstream } from './echo-upstream';
import { type Keyward, makeRootKey, startKeywardOn } from '../keyward';
import type { GuardedAddresses, RunningProxy } from './running-proxy';
import { send, type WireAnswer, type WireRequest } from './send';

/** A function that starts a proxy with its documented configuration, and with changes to it. */
export type StartProxy = (addresses: GuardedAddresses, changes?: Replacements) => Promise<RunningProxy>;

/**
 * A service behind a real proxy, which uses forward-auth. The keys are in MongoDB, so they remain when Keyward
 * restarts.
 */
export class GuardedSite {
  private constructor(
    private readonly startProxy: StartProxy,
    private readonly runKeyward: () => Promise<Keyward>,
    readonly app: EchoUpstream,
    private running: { readonly keyward: Keyward; readonly proxy: RunningProxy },
  ) {}

  static async start(
    startProxy: StartProxy,
    environment: Readonly<Record<string, string>>,
  ): Promise<GuardedSite> {
    const database = testDatabaseUri('proxy');
    const rootToken = await makeRootKey(database);
    const PORT = String(await freePort());
    const runKeyward = async (): Promise<Keyward> =>
      startKeywardOn(database, rootToken, { PORT, TRUST_PROXY: '127.0.0.1', ...environment });
    const [app, keyward] = await Promise.all([startEchoUpstream(), runKeyward()]);
    const proxy = await startProxy({ keyward: keyward.address, app: app.address });
    return new GuardedSite(startProxy, runKeyward, app, { keyward, proxy });
  }

  get keyward(): Keyward {
    return this.running.keyward;
  }

  /** Sends a request through the proxy. */
  async request(wire: WireRequest): Promise<WireAnswer> {
    return send(this.running.proxy.url, wire);
  }

  /** Sends a request with a key through the proxy. */
  async as(token: string, path: string, lines: readonly HeaderLine[] = []): Promise<WireAnswer> {
    return this.request({ path, lines: [bearer(token), ...lines] });
  }

  /** Runs an action, and returns the requests that reached the service during it. */
  async cameThrough(during: () => Promise<unknown>): Promise<readonly EchoedRequest[]> {
    const before = this.app.received.length;
    await during();
    return this.app.received.slice(before);
  }

  /** Runs a second proxy for the same services with a mistake in its configuration. */
  async withSlip(changes: Replacements, look: (url: string) => Promise<void>): Promise<void> {
    const proxy = await this.startProxy({ keyward: this.keyward.address, app: this.app.address }, changes);
    try {
      await look(proxy.url);
    } finally {
      await proxy.stop();
    }
  }

  /** Starts Keyward again at its previous address. */
  async startKeywardAgain(): Promise<void> {
    this.running = { ...this.running, keyward: await this.runKeyward() };
  }

  async stop(): Promise<void> {
    await this.running.proxy.stop();
    await this.keyward.stop();
    await this.app.stop();
  }
}

export function bearer(token: string): HeaderLine {
  return ['Authorization', `Bearer ${token}`];
}
