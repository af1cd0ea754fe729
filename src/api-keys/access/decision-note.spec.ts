import { answerNoteOf, decisionNoteOf, noteAnswer, noteDecision, passNoteOn } from './decision-note';

const acme = { code: 'REVOKED', key: { id: '01jd8x4k2m6n8p0q2r4s6t8v0w' } } as const;
const stranger = { code: 'NOT_FOUND' } as const;

describe('what came of a credential', () => {
  it('is noted on the request, with the key where the token was genuine', () => {
    const [ofAcme, ofStranger] = [{}, {}];
    noteDecision(ofAcme, acme);
    noteDecision(ofStranger, stranger);
    expect(decisionNoteOf(ofAcme)).toEqual({ code: 'REVOKED', keyId: acme.key.id });
    expect(decisionNoteOf(ofStranger)).toEqual({ code: 'NOT_FOUND', keyId: undefined });
  });

  it('goes from the refusal to the request that was refused', () => {
    const [refusal, request] = [new Error('refused'), {}];
    noteDecision(refusal, acme);
    passNoteOn(refusal, request);
    expect(decisionNoteOf(request)).toEqual({ code: 'REVOKED', keyId: acme.key.id });
  });

  it('stays where a later refusal knows nothing of it', () => {
    const request = {};
    noteDecision(request, acme);
    passNoteOn(new Error('the body was no JSON'), request);
    expect(decisionNoteOf(request)).toEqual({ code: 'REVOKED', keyId: acme.key.id });
  });

  it('is not known where nothing was noted, nor shown where a request is written out', () => {
    const request = {};
    expect(decisionNoteOf(request)).toBeUndefined();
    noteDecision(request, acme);
    expect(JSON.stringify(request)).toBe('{}');
  });
});

describe('what came of a token that was asked about', () => {
  it('is kept apart from the credential of who asks', () => {
    const request = {};
    noteDecision(request, { code: 'VALID', key: { id: 'the one who asks' } });
    noteAnswer(request, acme);
    expect(decisionNoteOf(request)).toEqual({ code: 'VALID', keyId: 'the one who asks' });
    expect(answerNoteOf(request)).toEqual({ code: 'REVOKED', keyId: acme.key.id });
  });

  it('names no key where the token was not genuine', () => {
    const request = {};
    expect(answerNoteOf(request)).toBeUndefined();
    noteAnswer(request, stranger);
    expect(answerNoteOf(request)).toEqual({ code: 'NOT_FOUND', keyId: undefined });
  });
});
