import 'reflect-metadata';
import { getConnectionToken } from '@nestjs/mongoose';
import type { Connection, mongo } from 'mongoose';
import { ApiKeysService } from '../../src/api-keys/management/api-keys.service';
import type { CreateApiKey } from '../../src/api-keys/domain/new-key';
import { rootCaller } from '../../src/api-keys/domain/caller';
import { FreshKeys } from '../../src/api-keys/verification/fresh-keys';
import { createService } from '../../src/bootstrap/create-service';

/** The requests that an instance accepts. */
export type Question =
  | { readonly issue: CreateApiKey }
  /** {@link Counts} since the last request. */
  | { readonly counts: true };

export interface Issued {
  readonly id: string;
  readonly token: string;
}

/** The number of operations that an instance did for its change feed. */
export interface Counts {
  /** Commands sent to the server, by name. */
  readonly commands: Readonly<Record<string, number>>;
  /** Documents that polls for recent changes returned. */
  readonly polled: number;
  /** Changes that the change feed of keys announced. */
  readonly announced: number;
  /** Processor time in microseconds. */
  readonly used: number;
}

/** Starts the whole service, and answers the requests of the benches. */
async function main(): Promise<void> {
  const app = await createService();
  await app.listen(0, '127.0.0.1');
  const counter = new Counter(app.get<Connection>(getConnectionToken()));
  // The first listener starts a feed. In the service, that is the first use of a key.
  const { feeds } = app.get(FreshKeys);
  feeds.keys?.subscribe({ changed: () => (counter.announced += 1), everythingChanged: () => undefined });
  feeds.owners?.subscribe({ changed: () => undefined, everythingChanged: () => undefined });
  while (Object.values(feeds).some((feed) => feed === undefined || feed.provenAt === -Infinity)) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  process.on('message', (question: Question) => {
    if ('counts' in question) process.send?.(counter.take());
    else void issue(question.issue);
  });
  process.on('disconnect', () => void app.close());
  process.send?.({ url: await app.getUrl() });

  async function issue(wanted: CreateApiKey): Promise<void> {
    const { key, token } = await app.get(ApiKeysService).create(rootCaller('system'), wanted);
    process.send?.({ id: key.id, token } satisfies Issued);
  }
}

class Counter {
  announced = 0;
  private commands: Record<string, number> = {};
  private polled = 0;
  private usage = process.cpuUsage();

  constructor(connection: Connection) {
    const client = connection.getClient();
    client.on('commandStarted', ({ commandName }: mongo.CommandStartedEvent) => {
      this.commands[commandName] = (this.commands[commandName] ?? 0) + 1;
    });
    client.on('commandSucceeded', ({ commandName, reply }: mongo.CommandSucceededEvent) => {
      const batch = (
        reply as { cursor?: { firstBatch?: readonly unknown[]; nextBatch?: readonly unknown[] } }
      ).cursor;
      if (commandName === 'find') this.polled += batch?.firstBatch?.length ?? 0;
    });
  }

  take(): Counts {
    const { user, system } = process.cpuUsage(this.usage);
    const counts: Counts = {
      commands: this.commands,
      polled: this.polled,
      announced: this.announced,
      used: user + system,
    };
    this.commands = {};
    this.polled = 0;
    this.announced = 0;
    this.usage = process.cpuUsage();
    return counts;
  }
}

void main();
