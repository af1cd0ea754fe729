import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** The answer to one request. */
export interface Seen {
  readonly status: number;
  readonly body: string;
  /** Whether the server closes the connection after this answer. */
  readonly lastOfConnection: boolean;
}

/** An HTTP client with one persistent connection, like those of a load balancer. */
export class KeepAliveClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(
    private readonly url: string,
    private readonly token?: string,
  ) {}

  async get(path: string): Promise<Seen> {
    return this.send('GET', path);
  }

  async post(path: string, body: object): Promise<Seen> {
    return this.send('POST', path, JSON.stringify(body));
  }

  close(): void {
    this.agent.destroy();
  }

  private async send(method: string, path: string, json?: string): Promise<Seen> {
    const sent = request(this.url + path, {
      method,
      agent: this.agent,
      headers: {
        ...(this.token !== undefined && { Authorization: `Bearer ${this.token}` }),
        ...(json !== undefined && {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(json),
        }),
      },
    }).end(json);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const body = await text(answer);
    return {
      status: answer.statusCode ?? 0,
      body,
      lastOfConnection: answer.headers.connection === 'close',
    };
  }
}
