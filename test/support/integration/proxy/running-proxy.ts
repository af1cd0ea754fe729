/** Where the two services are that a proxy stands in front of, as `host:port`. */
export interface GuardedAddresses {
  readonly keyward: string;
  readonly app: string;
}

/** A reverse proxy in front of a service that Keyward guards. */
export interface RunningProxy {
  readonly url: string;
  /** What it logged so far. */
  output(): string;
  stop(): Promise<void>;
}
