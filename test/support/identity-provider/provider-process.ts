import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { within } from '../mongo-server/within';
import { PATIENCE_MS } from '../patience';
import type { PersonClaims } from './people';

const SCRIPT = join(__dirname, 'server.mjs');

/** An application that is registered at the provider. */
export interface ProviderClient {
  readonly client_id: string;
  readonly redirect_uris: readonly string[];
  readonly application_type: 'native';
  readonly token_endpoint_auth_method: 'none';
}

/** All settings of a provider's process. */
export interface ProviderSettings {
  readonly issuer: string;
  readonly port: number;
  readonly keys: readonly JWK[];
  readonly clients: readonly ProviderClient[];
  /** The audiences that clients can request for access tokens. */
  readonly resources: readonly string[];
  readonly people: Readonly<Record<string, PersonClaims>>;
}

/** The process of an identity provider. */
export class ProviderProcess {
  private constructor(private readonly child: ChildProcess) {}

  static async start(settings: ProviderSettings): Promise<ProviderProcess> {
    const { PATH = '', HOME = '' } = process.env;
    const child = fork(SCRIPT, {
      env: { PATH, HOME },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let written = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (written += text));
    const started = new ProviderProcess(child);
    try {
      await started.configure(settings);
    } catch (error) {
      await started.stop();
      throw new Error(`the identity provider does not start; it wrote:\n${written}`, { cause: error });
    }
    return started;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Replaces all settings, and signs everyone out. */
  async configure(settings: ProviderSettings): Promise<void> {
    const ended = once(this.child, 'close').then(() => {
      throw new Error('the process ended');
    });
    ended.catch(() => undefined);
    this.child.send(settings);
    await within(PATIENCE_MS, 'a provider', Promise.race([once(this.child, 'message'), ended]));
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const closed = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await closed;
  }
}
