import type { CountedCode } from '../verification/decision-metrics';

/** What a decision came to, for a log: a code and, where the token was a genuine secret, whose it was. */
export interface DecisionNote {
  readonly code: CountedCode;
  readonly keyId?: string | undefined;
}

const PRESENTED = Symbol('keyward:decision-note');
const ASKED_ABOUT = Symbol('keyward:asked-about-note');

interface Carrier {
  [PRESENTED]?: DecisionNote | undefined;
  [ASKED_ABOUT]?: DecisionNote | undefined;
}

/** Notes what came of the credential that a request presented, on the request or on the error that refuses it. */
export function noteDecision(carrier: object, { code, key }: Decided): void {
  (carrier as Carrier)[PRESENTED] = { code, keyId: key?.id };
}

/** Passes the note of a refusal on to the request that was refused. */
export function passNoteOn(refusal: object, request: object): void {
  const note = (refusal as Carrier)[PRESENTED];
  if (note !== undefined) (request as Carrier)[PRESENTED] = note;
}

/** What came of the credential that a request presented; `undefined` where nothing was noted. */
export function decisionNoteOf(request: object): DecisionNote | undefined {
  return (request as Carrier)[PRESENTED];
}

/** Notes what came of the token that a request asks about, at the verify and introspect doors. */
export function noteAnswer(request: object, { code, key }: Decided): void {
  (request as Carrier)[ASKED_ABOUT] = { code, keyId: key?.id };
}

/** What came of the token that a request asks about. */
export function answerNoteOf(request: object): DecisionNote | undefined {
  return (request as Carrier)[ASKED_ABOUT];
}

interface Decided {
  readonly code: CountedCode;
  readonly key?: { readonly id: string } | undefined;
}
