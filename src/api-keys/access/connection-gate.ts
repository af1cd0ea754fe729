import { Logger } from '@nestjs/common';
import { isForClients } from '../../problems/keyward.error';
import { internalProblem, ProblemException } from '../../problems/problem.exception';
import type { KeyConnection, Opening } from './connection-guard';

/** The answer to a client that wants to connect. It may, unless there is a problem. */
interface Answer {
  /** `undefined` for a client without a credential. */
  readonly connection?: KeyConnection | undefined;
  readonly problem?: ProblemException;
}

/**
 * Answers clients that connect to a server.
 *
 * @throws ProblemException for a client that may not connect
 */
export type ConnectionGate = (opening: Opening) => Promise<KeyConnection | undefined>;

const logger = new Logger('Keyward');

/** Asks a gate. Never rejects: servers of sockets do not handle rejected promises. */
export async function answerOf(gate: ConnectionGate, opening: Opening): Promise<Answer> {
  try {
    return { connection: await gate(opening) };
  } catch (error) {
    if (error instanceof ProblemException) return { problem: error };
    return { problem: isForClients(error) ? ProblemException.of(error) : hiddenProblem(error) };
  }
}

/** Logs an unexpected error, and returns the problem for the client. */
export function hiddenProblem(error: unknown): ProblemException {
  logger.error(error);
  return internalProblem(error);
}
