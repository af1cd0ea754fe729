/** The addresses of Keyward and of the guarded service, as `host:port`. */
export interface GuardedAddresses {
  readonly keyward: string;
  readonly app: string;
}

/** A running reverse proxy. */
export interface RunningProxy {
  readonly url: string;
  /** Its log so far. */
  output(): string;
  stop(): Promise<void>;
}
