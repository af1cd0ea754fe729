import { HttpException } from '@nestjs/common';
import { WsException } from '@nestjs/websockets';
import { ProblemException } from '../../problems/problem.exception';
import type { GuardedCall } from './guarded-call';
import { messageCallOf, rememberUpgrade } from './message-call';
import { ownMessageRejection } from './message-rejection';

const request = { rawHeaders: ['X-API-Key', 'kw_one'] } as object;

class MemoriesGateway {}
class ArchiveGateway {}

function callOf(handlerArgs: readonly unknown[], gateway: object = MemoriesGateway): GuardedCall {
  return messageCallOf(handlerArgs, gateway);
}

describe('messageCallOf', () => {
  it('takes the tenant only from members of an object', () => {
    const data = { orgId: 'acme' };
    expect(callOf([{}, data, 'list']).args).toBe(data);
    for (const other of ['acme', 5, null, undefined, true])
      expect(callOf([{}, other, 'list']).args).toBeUndefined();
  });

  it('has one carrier for a message, for guards, interceptors and parameters', () => {
    const [client, data] = [{}, {}];
    const { carrier } = callOf([client, data, undefined, 'list']);
    expect(callOf([client, data, undefined, 'list']).carrier).toBe(carrier);
    expect(callOf([client, {}, undefined, 'list']).carrier).not.toBe(carrier);
    expect(callOf([{}, data, undefined, 'list']).carrier).not.toBe(carrier);
  });

  it('has a carrier for each gateway that handles it', () => {
    const args = [{}, {}, 'list'];
    expect(callOf(args, ArchiveGateway).carrier).not.toBe(callOf(args).carrier);
    expect(callOf(args, ArchiveGateway).carrier).toBe(callOf(args, ArchiveGateway).carrier);
  });

  it('has a carrier by client for data that is no object', () => {
    const client = {};
    const { carrier } = callOf([client, 'one', 'list']);
    expect(callOf([client, 'two', 'list']).carrier).toBe(carrier);
    expect(callOf([{}, 'one', 'list']).carrier).not.toBe(carrier);
    expect(carrier).not.toBe(client);
  });

  it('is another occasion for each message, even with equal data', () => {
    const client = {};
    const args = [client, 'one', 'list'];
    expect(callOf(args).occasion).toBe(callOf(args).occasion);
    expect(callOf([...args]).occasion).not.toBe(callOf(args).occasion);
  });

  it('finds the request that opened the connection', () => {
    expect(callOf([{ request }, {}, 'list']).request).toBe(request);
    const client = {};
    expect(callOf([client, {}, 'list']).request).toBeUndefined();
    rememberUpgrade(client, request);
    expect(callOf([client, {}, 'list']).request).toBe(request);
  });

  it('reads the handshake of Socket.IO', () => {
    expect(callOf([{ handshake: { auth: { token: 'kw_one' } } }, {}, 'list']).handshake).toEqual({
      token: 'kw_one',
    });
    expect(callOf([{}, {}, 'list']).handshake).toBeUndefined();
  });
});

describe('the rejection of a message', () => {
  const call = callOf([{}, { note: 'a secret' }, 'list']);

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
