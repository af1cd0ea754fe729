export type MongoServerKind = 'external' | 'mongod' | 'stand-in';

export interface MongoServer {
  /** Contains no database. `testDatabaseUri` adds one. */
  readonly uri: string;
  readonly kind: MongoServerKind;
  readonly pid: number | undefined;
  stop(): Promise<void>;
  /** Stops the process without closing its connections, like a host that hangs. */
  suspend(): void;
  resume(): void;
}

export interface MongoServerOptions {
  /** Keeps the data and the port across restarts. */
  readonly dataDir?: string;
  /** For a test that suspends or stops the server. An external server is not used. */
  readonly own?: boolean;
}
