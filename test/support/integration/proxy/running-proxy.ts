/** The addresses of the two services behind a proxy, as `host:port`. */
export interface GuardedAddresses {
  readonly keyward: string;
  readonly app: string;
}

/** A reverse proxy in front of a service that Keyward guards. */
export interface RunningProxy {
  readonly url: string;
  /** Its log so far. */
  output(): string;
  stop(): Promise<void>;
}
