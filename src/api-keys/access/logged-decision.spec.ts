import {
  loggedAnswerOf,
  loggedDecisionOf,
  attachAnswer,
  attachDecision,
  passDecisionOn,
} from './logged-decision';

const acme = { code: 'REVOKED', key: { id: '01jd8x4k2m6n8p0q2r4s6t8v0w' } } as const;
const stranger = { code: 'NOT_FOUND' } as const;

describe("the decision on the caller's credential", () => {
  it('is attached to the request, with the key id only if the secret was correct', () => {
    const [ofAcme, ofStranger] = [{}, {}];
    attachDecision(ofAcme, acme);
    attachDecision(ofStranger, stranger);
    expect(loggedDecisionOf(ofAcme)).toEqual({ code: 'REVOKED', keyId: acme.key.id });
    expect(loggedDecisionOf(ofStranger)).toEqual({ code: 'NOT_FOUND', keyId: undefined });
  });

  it('is copied to the request from the error that rejects it', () => {
    const [refusal, request] = [new Error('refused'), {}];
    attachDecision(refusal, acme);
    passDecisionOn(refusal, request);
    expect(loggedDecisionOf(request)).toEqual({ code: 'REVOKED', keyId: acme.key.id });
  });

  it('stays attached if a later error contains no decision', () => {
    const request = {};
    attachDecision(request, acme);
    passDecisionOn(new Error('the body was not JSON'), request);
    expect(loggedDecisionOf(request)).toEqual({ code: 'REVOKED', keyId: acme.key.id });
  });

  it('is undefined if none is attached, and does not appear in the JSON of a request', () => {
    const request = {};
    expect(loggedDecisionOf(request)).toBeUndefined();
    attachDecision(request, acme);
    expect(JSON.stringify(request)).toBe('{}');
  });
});

describe('the decision on the token that a caller asks about', () => {
  it("is separate from the decision on the caller's credential", () => {
    const request = {};
    attachDecision(request, { code: 'VALID', key: { id: 'the one who asks' } });
    attachAnswer(request, acme);
    expect(loggedDecisionOf(request)).toEqual({ code: 'VALID', keyId: 'the one who asks' });
    expect(loggedAnswerOf(request)).toEqual({ code: 'REVOKED', keyId: acme.key.id });
  });

  it('is undefined if none is attached, and names no key if the secret was wrong', () => {
    const request = {};
    expect(loggedAnswerOf(request)).toBeUndefined();
    attachAnswer(request, stranger);
    expect(loggedAnswerOf(request)).toEqual({ code: 'NOT_FOUND', keyId: undefined });
  });
});
