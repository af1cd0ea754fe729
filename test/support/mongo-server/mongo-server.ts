export type MongoServerKind = 'external' | 'mongod' | 'stand-in';

export interface MongoServer {
  /** The connection string without a database. `testDatabaseUri` adds one. */
  readonly uri: string;
  readonly kind: MongoServerKind;
  readonly pid: number | undefined;
  stop(): Promise<void>;
  /** Suspends the process without closing its connections, like a host that hangs. */
  suspend(): void;
  resume(): void;
}

export interface MongoServerOptions {
  /** The folder in which the server keeps its data and its port across restarts. */
  readonly dataDir?: string;
  /** Whether the test needs its own server, for example to suspend or stop it. Then no external server is used. */
  readonly own?: boolean;
}
