import type { IncomingHttpHeaders } from 'node:http';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { GraphqlAnswer, GraphqlFault } from './graphql-host';

/** A client of GraphQL subscriptions with one connection. */
export interface GraphqlListener {
  /** Subscribes, and returns what arrives. */
  subscribe(query: string): Heard;
  close(): Promise<void>;
}

/** What a subscription received. */
export interface Heard {
  /** The data of the events, in order. */
  readonly events: unknown[];
  /** Resolves with the codes of the errors that ended the subscription; with none if it completed. */
  readonly ended: Promise<readonly string[]>;
  /** Ends the subscription. */
  unsubscribe(): void;
}

/** Opens a connection with the protocol of `graphql-ws`. */
export function listenTo(
  url: string,
  connectionParams: Record<string, unknown> | undefined,
  headers: IncomingHttpHeaders = {},
): GraphqlListener {
  class WithHeaders extends WebSocket {
    constructor(address: string, protocols: string) {
      super(address, protocols, { headers });
    }
  }
  const client: Client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WithHeaders,
    retryAttempts: 0,
    ...(connectionParams && { connectionParams }),
  });
  return {
    subscribe: (query) => heard(client, query),
    close: async () => client.dispose(),
  };
}

function heard(client: Client, query: string): Heard {
  const events: unknown[] = [];
  const codes: string[] = [];
  const subscription: { unsubscribe?: () => void } = {};
  const ended = new Promise<readonly string[]>((resolve) => {
    subscription.unsubscribe = client.subscribe<Readonly<Record<string, unknown>>>(
      { query },
      {
        next: ({ data, errors }: GraphqlAnswer) => {
          if (errors === undefined) events.push(data);
          else codes.push(...errors.map(codeOf));
        },
        error: (fault) =>
          resolve([...codes, ...[fault as GraphqlFault | readonly GraphqlFault[]].flat().map(codeOf)]),
        complete: () => resolve(codes),
      },
    );
  });
  return { events, ended, unsubscribe: () => subscription.unsubscribe?.() };
}

function codeOf({ message, extensions }: GraphqlFault): string {
  return extensions?.problem?.code ?? message;
}
