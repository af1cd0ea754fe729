import { type HttpRequest, isHttpRequest } from '../../http/http-request';
import { carrierOf } from './carrier';
import type { GuardedCall } from './guarded-call';
import { messageRejection, ownMessageRejection } from './message-rejection';

/** The part of a client of Socket.IO that Keyward reads. */
interface SocketIoClient {
  readonly request?: unknown;
  readonly handshake?: { readonly auth?: unknown };
}

const REMEDY =
  'ScopesGuard cannot find the request that opened a WebSocket connection: use IoAdapter or WsAdapter, or override requestOf in a subclass.';

/** The requests that opened the connections of `ws`, whose clients do not know them (nestjs/nest#3312). */
const upgradeRequests = new WeakMap<object, HttpRequest>();

/** Stores the request that opened the connection of a client. */
export function rememberUpgrade(client: object, request: HttpRequest): void {
  upgradeRequests.set(client, request);
}

/**
 * Reads a message from the arguments of its handler: `client, data, …`.
 *
 * @param gateway the class of the handler
 */
export function messageCallOf(handlerArgs: readonly unknown[], gateway: object): GuardedCall {
  const [client, data] = handlerArgs as [SocketIoClient, unknown];
  const members = typeof data === 'object' && data !== null ? data : undefined;
  return {
    // Adapters parse each message, so its data is an object of its own. Messages of one client whose data is no object share a
    // carrier: they name no tenant, so their access differs only in the time of its decision. Also by client, because the
    // parser of an application may return the same data for several. Also by gateway, because several may handle one message.
    carrier: carrierOf([gateway, client, members ?? client]),
    occasion: handlerArgs,
    args: members,
    request: isHttpRequest(client.request) ? client.request : upgradeRequests.get(client),
    response: undefined,
    handshake: client.handshake?.auth,
    isLasting: false,
    remedy: REMEDY,
    requireSize: () => undefined,
    rejection: messageRejection,
    ownRejection: ownMessageRejection,
  };
}
