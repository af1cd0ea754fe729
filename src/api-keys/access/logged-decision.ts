import type { CountedCode } from '../verification/decision-metrics';

/** A decision in the access log: its code and, if the secret was correct, the id of the key. */
export interface LoggedDecision {
  readonly code: CountedCode;
  readonly keyId?: string | undefined;
}

const PRESENTED = Symbol('keyward:presented-decision');
const ASKED_ABOUT = Symbol('keyward:asked-about-decision');

interface Carrier {
  [PRESENTED]?: LoggedDecision | undefined;
  [ASKED_ABOUT]?: LoggedDecision | undefined;
}

/**
 * Attaches the decision on the credential of a request, so that the access log can show it.
 *
 * @param carrier the request, or the error that rejects it
 */
export function attachDecision(carrier: object, { code, key }: Decided): void {
  (carrier as Carrier)[PRESENTED] = { code, keyId: key?.id };
}

/** Copies the attached decision from the error that rejects a request to the request. */
export function passDecisionOn(rejection: object, request: object): void {
  const logged = (rejection as Carrier)[PRESENTED];
  if (logged !== undefined) (request as Carrier)[PRESENTED] = logged;
}

/** Returns the decision on the credential of a request; `undefined` if none is attached. */
export function loggedDecisionOf(request: object): LoggedDecision | undefined {
  return (request as Carrier)[PRESENTED];
}

/** Attaches the decision on the token in a verify or introspection request. */
export function attachAnswer(request: object, { code, key }: Decided): void {
  (request as Carrier)[ASKED_ABOUT] = { code, keyId: key?.id };
}

/** Returns the decision on the token in a verify or introspection request; `undefined` if none is attached. */
export function loggedAnswerOf(request: object): LoggedDecision | undefined {
  return (request as Carrier)[ASKED_ABOUT];
}

interface Decided {
  readonly code: CountedCode;
  readonly key?: { readonly id: string } | undefined;
}
