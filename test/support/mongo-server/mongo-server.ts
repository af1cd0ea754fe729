export type MongoServerKind = 'external' | 'mongod' | 'stand-in';

export interface MongoServer {
  /** Names no database: `testDatabaseUri` adds one. */
  readonly uri: string;
  readonly kind: MongoServerKind;
  readonly pid: number | undefined;
  stop(): Promise<void>;
  /** Stops the process without closing its connections, as a host that hangs would. */
  suspend(): void;
  resume(): void;
}

export interface MongoServerOptions {
  /** Keeps the data, and the port, from one start to the next. */
  readonly dataDir?: string;
  /** For a test that suspends or stops the server: an external one is passed over. */
  readonly own?: boolean;
}
