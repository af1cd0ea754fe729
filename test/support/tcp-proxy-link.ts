import { connect, type Socket } from 'node:net';
import { ProxyFlow, type Weather } from './tcp-proxy-flow';

export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

/** The connection of one client, and the proxy's connection to the target for it. */
export class ProxyLink {
  private readonly toTarget: ProxyFlow;
  private readonly toClient: ProxyFlow;
  private upstream: Socket | undefined;

  constructor(
    private readonly client: Socket,
    private readonly target: ProxyTarget,
    weather: Weather,
    private readonly ended: () => void,
  ) {
    this.toTarget = new ProxyFlow(weather);
    this.toClient = new ProxyFlow(weather);
    this.toTarget.readFrom(client);
    this.toClient.writeTo(client);
    this.endWith(client);
    if (!weather.hanging) this.connect();
  }

  resume(): void {
    if (this.upstream === undefined) this.connect();
    this.toTarget.pump();
    this.toClient.pump();
  }

  abandon(): void {
    this.toTarget.drop();
    this.toClient.drop();
  }

  reset(): void {
    for (const socket of [this.client, this.upstream]) {
      if (socket?.destroyed === false) socket.resetAndDestroy();
    }
    this.toTarget.drop();
    this.toClient.drop();
    this.ended();
  }

  private connect(): void {
    const upstream = connect({ ...this.target, allowHalfOpen: true });
    this.upstream = upstream;
    this.toClient.readFrom(upstream);
    this.toTarget.writeTo(upstream);
    this.endWith(upstream);
  }

  private endWith(socket: Socket): void {
    socket.setNoDelay(true);
    // An error is always followed by a close. An orderly end closes only after both sides have ended.
    socket.on('error', () => undefined);
    socket.on('close', (hadError: boolean) => {
      if (hadError) this.reset();
      else this.endWhenBothClosed();
    });
  }

  private endWhenBothClosed(): void {
    if (this.client.destroyed && this.upstream?.destroyed !== false) this.ended();
  }
}
