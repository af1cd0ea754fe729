import { mongo } from 'mongoose';
import { boundedMongoOperation } from '../mongo/mongo-operation';

/** The kind of deployment that a connection string points to. */
export type DeploymentKind = 'standalone' | 'replica set' | 'sharded cluster';

/** The deployment that a store runs on: its kind, and changes of its primary. */
export interface Deployment {
  /** The kind; `undefined` until it has been read. */
  readonly known: DeploymentKind | undefined;
  /**
   * Returns the kind.
   *
   * @throws StorageUnavailableError if no server answers
   */
  kind(): Promise<DeploymentKind>;
  /**
   * Calls `onNewPrimary` when another server, or the same server in a new term, becomes the primary.
   *
   * @returns a function that stops the calls
   */
  watchPrimary(onNewPrimary: () => void): () => void;
}

const COMMAND_NOT_FOUND = 59;

/** The deployment that a driver's client is connected to. */
export class MongoDeployment implements Deployment {
  known: DeploymentKind | undefined;

  constructor(
    private readonly client: mongo.MongoClient,
    private readonly database: string,
  ) {}

  async kind(): Promise<DeploymentKind> {
    this.known ??= kindIn(await this.hello());
    return this.known;
  }

  watchPrimary(onNewPrimary: () => void): () => void {
    let primary: string | undefined;
    const listener = (change: mongo.TopologyDescriptionChangedEvent): void => {
      primary ??= identityOf(primaryIn(change.previousDescription));
      const server = primaryIn(change.newDescription);
      // Without a primary, nothing can be read. The same primary in the same term has lost no writes.
      if (server === undefined) return;
      this.known = server.type === 'Standalone' ? 'standalone' : 'replica set';
      const before = primary;
      primary = identityOf(server);
      if (primary !== before) onNewPrimary();
    };
    this.client.on('topologyDescriptionChanged', listener);
    return () => this.client.off('topologyDescriptionChanged', listener);
  }

  private async hello(): Promise<mongo.Document> {
    const db = this.client.db(this.database);
    return boundedMongoOperation(async (signal) => {
      try {
        return await db.command({ hello: 1 }, { signal });
      } catch (error) {
        // Servers that are compatible with MongoDB may know only the old name of the command.
        if (!(error instanceof mongo.MongoServerError) || error.code !== COMMAND_NOT_FOUND) throw error;
        return db.command({ isMaster: 1 }, { signal });
      }
    });
  }
}

function kindIn({ msg, setName }: mongo.Document): DeploymentKind {
  if (msg === 'isdbgrid') return 'sharded cluster';
  return typeof setName === 'string' ? 'replica set' : 'standalone';
}

/**
 * Returns the primary or the standalone server. Returns `undefined` for a mongos, which hides its shards' primaries.
 */
function primaryIn({ servers }: mongo.TopologyDescription): mongo.ServerDescription | undefined {
  return [...servers.values()].find(({ type }) => type === 'RSPrimary' || type === 'Standalone');
}

function identityOf(server: mongo.ServerDescription | undefined): string | undefined {
  if (server === undefined) return undefined;
  const { address, electionId, setVersion, topologyVersion } = server;
  return [address, electionId?.toHexString(), setVersion, topologyVersion?.processId.toHexString()].join();
}
