import type { Socket } from 'node:net';

export interface Weather {
  hanging: boolean;
  delayMs: number;
}

interface Piece {
  /** `undefined` if the sender has closed its side. */
  readonly bytes: Buffer | undefined;
  readonly dueAt: number;
}

/** One direction of a connection. Forwards data in order, after the delay, and not while the proxy hangs. */
export class ProxyFlow {
  private readonly pieces: Piece[] = [];
  private destination: Socket | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly weather: Weather) {}

  readFrom(source: Socket): void {
    source.on('data', (bytes) => this.take(bytes));
    source.on('end', () => this.take(undefined));
  }

  writeTo(destination: Socket): void {
    this.destination = destination;
    this.pump();
  }

  pump(): void {
    if (this.weather.hanging || this.destination === undefined) return;
    clearTimeout(this.timer);
    for (let piece = this.pieces[0]; piece !== undefined; piece = this.pieces[0]) {
      const wait = piece.dueAt - Date.now();
      if (wait > 0) {
        this.timer = setTimeout(() => this.pump(), wait);
        return;
      }
      this.pieces.shift();
      this.send(piece.bytes);
    }
  }

  drop(): void {
    clearTimeout(this.timer);
    this.pieces.length = 0;
    this.destination = undefined;
  }

  private take(bytes: Buffer | undefined): void {
    this.pieces.push({ bytes, dueAt: Date.now() + this.weather.delayMs });
    this.pump();
  }

  private send(bytes: Buffer | undefined): void {
    if (this.destination?.writable !== true) return;
    if (bytes === undefined) this.destination.end();
    else this.destination.write(bytes);
  }
}
