import { HttpException } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { ProblemException } from '../../problems/problem.exception';
import { messageCallOf, rememberUpgrade } from './message-call';
import { ownMessageRejection } from './message-rejection';

const request = { rawHeaders: ['X-API-Key', 'kw_one'] } as object;

describe('messageCallOf', () => {
  it('takes the tenant only from members of an object', () => {
    const data = { orgId: 'acme' };
    expect(messageCallOf([{}, data, 'list']).args).toBe(data);
    for (const other of ['acme', 5, null, undefined, true])
      expect(messageCallOf([{}, other, 'list']).args).toBeUndefined();
  });

  it('has one carrier for a message, for guards, interceptors and parameters', () => {
    const [client, data] = [{}, {}];
    const { carrier } = messageCallOf([client, data, undefined, 'list']);
    expect(messageCallOf([client, data, undefined, 'list']).carrier).toBe(carrier);
    expect(messageCallOf([client, {}, undefined, 'list']).carrier).not.toBe(carrier);
    expect(messageCallOf([{}, data, undefined, 'list']).carrier).not.toBe(carrier);
  });

  it('has a carrier by client for data that is no object', () => {
    const client = {};
    const { carrier } = messageCallOf([client, 'one', 'list']);
    expect(messageCallOf([client, 'two', 'list']).carrier).toBe(carrier);
    expect(messageCallOf([{}, 'one', 'list']).carrier).not.toBe(carrier);
    expect(carrier).not.toBe(client);
  });

  it('is another occasion for each message, even with equal data', () => {
    const client = {};
    const args = [client, 'one', 'list'];
    expect(messageCallOf(args).occasion).toBe(messageCallOf(args).occasion);
    expect(messageCallOf([...args]).occasion).not.toBe(messageCallOf(args).occasion);
  });

  it('finds the request that opened the connection', () => {
    expect(messageCallOf([{ request }, {}, 'list']).request).toBe(request);
    const client = {};
    expect(messageCallOf([client, {}, 'list']).request).toBeUndefined();
    rememberUpgrade(client, request);
    expect(messageCallOf([client, {}, 'list']).request).toBe(request);
  });

  it('reads the handshake of Socket.IO', () => {
    expect(messageCallOf([{ handshake: { auth: { token: 'kw_one' } } }, {}, 'list']).handshake).toEqual({
      token: 'kw_one',
    });
    expect(messageCallOf([{}, {}, 'list']).handshake).toBeUndefined();
  });
});

describe('the rejection of a message', () => {
  const call = messageCallOf([{}, { note: 'a secret' }, 'list']);

  it('contains the problem, and when to try again', () => {
    const problem = ProblemException.from('rate_limited', 'Wait.', { 'Retry-After': '7' });
    const rejection = call.rejection(problem);
    expect(rejection).toBeInstanceOf(WsException);
    expect((rejection as WsException).getError()).toEqual({
      status: 'error',
      message: 'Wait.',
      problem: problem.problem,
      retryAfter: 7,
    });
  });

  it('is an object, to which Nest does not add the data of the message', () => {
    const rejection = call.rejection(ProblemException.from('key_revoked')) as WsException;
    expect(Object.keys(rejection.getError())).toEqual(['status', 'message', 'problem']);
  });

  it('keeps the error of a subclass, but translates an HttpException', () => {
    const own = new WsException('no');
    expect(ownMessageRejection(own)).toBe(own);
    const texts = [new HttpException('no', 403), new HttpException({ code: 'no', message: 'not you' }, 403)];
    expect(texts.map((error) => (ownMessageRejection(error) as WsException).getError())).toEqual([
      { status: 'error', message: 'no' },
      { status: 'error', message: 'not you', code: 'no' },
    ]);
  });
});
