import { mongo } from 'mongoose';
import { boundedMongoOperation } from '../mongo/mongo-operation';

/** What stands behind a connection string. */
export type DeploymentKind = 'standalone' | 'replica set' | 'sharded cluster';

/** Tells what kind of deployment a store runs on, and when another of its servers becomes the primary. */
export interface Deployment {
  /** The kind, if it was read already. */
  readonly known: DeploymentKind | undefined;
  /** @throws StorageUnavailableError if no server answers */
  kind(): Promise<DeploymentKind>;
  /**
   * Calls back whenever another server, or the same one in another term, is the primary.
   *
   * @returns ends the calls
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
      // While there is no primary, nothing can be read. The same one in the same term has lost nothing.
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
        // Servers that imitate MongoDB may know the former name only.
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

/** The primary of a replica set, or the one server; `undefined` for a mongos, which hides the primaries of its shards. */
function primaryIn({ servers }: mongo.TopologyDescription): mongo.ServerDescription | undefined {
  return [...servers.values()].find(({ type }) => type === 'RSPrimary' || type === 'Standalone');
}

function identityOf(server: mongo.ServerDescription | undefined): string | undefined {
  if (server === undefined) return undefined;
  const { address, electionId, setVersion, topologyVersion } = server;
  return [address, electionId?.toHexString(), setVersion, topologyVersion?.processId.toHexString()].join();
}
