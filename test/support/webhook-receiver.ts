import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { until } from './patience';

/** A message whose signature the Standard Webhooks library verified. */
export interface ReceivedWebhook {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A webhook receiver, as in the documentation. */
export interface WebhookReceiver {
  readonly url: string;
  /** The verified messages, in order of arrival. */
  readonly received: ReceivedWebhook[];
  /** Why webhooks failed verification: the messages of the library's errors. */
  readonly refused: string[];
  /** Answers verified messages with this function from now on. `undefined` restores 204. */
  answerWith(answer: RequestListener | undefined): void;
  /** Resolves with the first verified message that matches, when it has arrived. */
  waitFor(fits: (message: ReceivedWebhook) => boolean): Promise<ReceivedWebhook>;
  stop(): Promise<void>;
}

export function webhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Starts a receiver on a free port of this machine. It verifies each delivery with the Standard Webhooks library. */
export async function startWebhookReceiver(secret: string): Promise<WebhookReceiver> {
  const webhook = new Webhook(secret);
  const received: ReceivedWebhook[] = [];
  const refused: string[] = [];
  let answer: RequestListener | undefined;

  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await textOf(request);
    try {
      const message = webhook.verify(body, request.headers as Record<string, string>) as Omit<
        ReceivedWebhook,
        'id'
      >;
      received.push({ ...message, id: String(request.headers['webhook-id']) });
    } catch (error) {
      refused.push(error instanceof Error ? error.message : 'unknown');
      response.writeHead(401).end();
      return;
    }
    if (answer === undefined) response.writeHead(204).end();
    else answer(request, response);
  };
  const server = createServer((request, response) => void receive(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`,
    received,
    refused,
    answerWith: (next) => (answer = next),
    waitFor: async (fits) => {
      await until('the message arrives', () => received.some(fits));
      const found = received.find(fits);
      if (found === undefined) throw new Error('a received message has disappeared');
      return found;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
