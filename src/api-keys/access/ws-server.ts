import type { HttpRequest } from '../../http/http-request';
import { PROBLEM_MEDIA_TYPE } from '../../problems/problem';
import type { ProblemException } from '../../problems/problem.exception';
import { rememberUpgrade } from '../calls/message-call';
import { answerOf, type ConnectionGate, hiddenProblem } from './connection-gate';
import type { KeyConnection } from './connection-guard';
import { attachCallAccess } from './verified-access';

/** The codes with which connections of `ws` are closed, by the status of the problem. */
const CLOSE_CODES: Readonly<Record<number, number>> = { 401: 4401, 403: 4403 };

/** Try Again Later (RFC 6455 section 7.4). */
const TRY_AGAIN_LATER = 1013;

/** How long a client may take to answer that its connection is closed. */
const CLOSE_WITHIN_MS = 1000;

type Done = (
  verified: boolean,
  code?: number,
  message?: string,
  headers?: Readonly<Record<string, string>>,
) => void;

interface Upgrade {
  readonly req: HttpRequest;
}

type VerifyClient = ((upgrade: Upgrade, done: Done) => void) | ((upgrade: Upgrade) => boolean);

/** The part of a client of `ws` that Keyward uses. */
export interface WsClient {
  close(code: number, reason: string): void;
  terminate(): void;
  once(event: 'close', listener: () => void): unknown;
}

/** The part of a server of `ws` that Keyward uses. */
export interface WsServer {
  readonly options: { verifyClient?: VerifyClient | null };
  readonly clients?: Iterable<WsClient>;
  handleUpgrade(...args: readonly unknown[]): void;
  on(event: 'connection', listener: (client: WsClient, request: HttpRequest) => void): unknown;
}

/** Returns whether a value is a server of `ws`. */
export function isWsServer(server: unknown): server is WsServer {
  const { options, handleUpgrade, on } = (server ?? {}) as Partial<Record<keyof WsServer, unknown>>;
  return typeof options === 'object' && typeof handleUpgrade === 'function' && typeof on === 'function';
}

/**
 * Judges each connection before its upgrade, so that the application can send nothing to a client that may not connect.
 *
 * @returns a function that returns whether connections are still judged
 */
export function guardWsServer(server: WsServer, gate: ConnectionGate): () => boolean {
  for (const client of server.clients ?? []) client.terminate();
  const admitted = new WeakMap<HttpRequest, { readonly connection?: KeyConnection | undefined }>();
  const verifyNext = server.options.verifyClient;
  const verify = async (upgrade: Upgrade, done: Done): Promise<void> => {
    const answer = await answerOf(gate, { request: upgrade.req });
    if (answer.problem !== undefined) {
      reject(done, answer.problem);
      return;
    }
    admitted.set(upgrade.req, answer);
    verifyWith(verifyNext, upgrade, done);
  };
  // ws passes `done` only to a function with two parameters.
  const verifyClient = (upgrade: Upgrade, done: Done): void => void verify(upgrade, done);
  server.options.verifyClient = verifyClient;
  server.on('connection', (client, request) => {
    rememberUpgrade(client, request);
    const known = admitted.get(request);
    // Something replaced `verifyClient` after the start.
    if (known === undefined) client.terminate();
    else if (known.connection !== undefined) follow(client, known.connection);
  });
  return () => server.options.verifyClient === verifyClient;
}

/** Asks the application's own `verifyClient`. Nobody handles its errors after the answer of the gate. */
function verifyWith(verify: VerifyClient | null | undefined, upgrade: Upgrade, done: Done): void {
  try {
    if (verify === null || verify === undefined) done(true);
    else if (verify.length === 2) verify(upgrade, done);
    else done((verify as (upgrade: Upgrade) => boolean)(upgrade));
  } catch (error) {
    reject(done, hiddenProblem(error));
  }
}

function reject(done: Done, { problem, headers }: ProblemException): void {
  done(false, problem.status, JSON.stringify(problem), {
    ...headers,
    'Content-Type': PROBLEM_MEDIA_TYPE,
    'Cache-Control': 'no-store',
  });
}

function follow(client: WsClient, connection: KeyConnection): void {
  attachCallAccess(client, connection.access);
  client.once(
    'close',
    connection.follow(({ problem }) => end(client, problem)),
  );
}

function end(client: WsClient, { status, code }: ProblemException['problem']): void {
  const timer = setTimeout(() => client.terminate(), CLOSE_WITHIN_MS).unref();
  client.once('close', () => clearTimeout(timer));
  client.close(CLOSE_CODES[status] ?? TRY_AGAIN_LATER, code);
}
