import { ProblemException } from '../../problems/problem.exception';
import { fieldCallOf } from './field-call';

const path = { prev: undefined, key: 'memories' };
const [query, mutation, note] = [{}, {}, {}];
const info = {
  path,
  parentType: query,
  schema: {
    getQueryType: () => query,
    getMutationType: () => mutation,
    getSubscriptionType: () => undefined,
  },
  operation: { operation: 'query', selectionSet: { selections: [] } },
  fragments: {},
  variableValues: {},
};
const raw = { rawHeaders: ['Authorization', 'Bearer x'] };

describe('the call of a field', () => {
  it.each<[string, unknown, unknown, unknown]>([
    ['req of Apollo on Express', { req: raw }, raw, undefined],
    ['req of Apollo on Fastify', { req: { raw } }, { raw }, undefined],
    ['reply.request of Mercurius', { reply: { request: { raw } } }, { raw }, undefined],
    [
      'extra of graphql-ws',
      { extra: { request: raw }, connectionParams: { token: 'x' } },
      raw,
      { token: 'x' },
    ],
    [
      'req with extra',
      { req: { extra: { request: raw }, connectionParams: { token: 'x' } } },
      raw,
      { token: 'x' },
    ],
    [
      'a connection of Mercurius',
      { request: { raw }, _connectionInit: { token: 'x' } },
      { raw },
      { token: 'x' },
    ],
    ['req without parameters', { req: { extra: { request: raw } } }, raw, undefined],
  ])('finds the request and what the client sent in %s', (_where, context, request, handshake) => {
    const call = fieldCallOf([null, {}, context, info]);
    expect([call.request, call.handshake]).toEqual([request, handshake]);
  });

  it.each([
    null,
    undefined,
    'text',
    {},
    { req: null },
    { req: { headers: { authorization: 'Bearer x' } } },
    { req: { rawHeaders: 'Authorization' } },
    { reply: 1 },
    { extra: null },
    { extra: { request: {} } },
  ])('has no request in the context %j', (context) => {
    expect(fieldCallOf([null, {}, context, info]).request).toBeUndefined();
  });

  it('is carried by its position, and a reference by its object', () => {
    const reference = { __typename: 'Note', id: '1', orgId: 'acme' };
    expect(fieldCallOf([null, { orgId: 'acme' }, {}, info])).toMatchObject({
      carrier: path,
      args: { orgId: 'acme' },
    });
    expect(fieldCallOf([reference, {}, info])).toMatchObject({ carrier: reference, args: reference });
  });

  it('below the root is a part of its root field', () => {
    const below = { prev: { prev: path, key: 0 }, key: 'note' };
    const call = fieldCallOf([null, {}, {}, { ...info, parentType: note, path: below }]);
    expect([call.carrier, call.whole]).toEqual([below, path]);
    expect(fieldCallOf([null, {}, {}, info]).whole).toBeUndefined();
  });

  it('below the root is a part of its root field although graphql-jit makes each path again', () => {
    const execution = { ...info, variableValues: {} };
    const root = { ...execution, path: { prev: undefined, key: 'a' } };
    const other = { ...execution, path: { prev: undefined, key: 'b' } };
    for (const each of [root, other]) fieldCallOf([null, {}, {}, each]);
    const below = {
      ...execution,
      parentType: note,
      path: { prev: { prev: undefined, key: 'a' }, key: 'note' },
    };
    expect(fieldCallOf([null, {}, {}, below]).whole).toBe(root.path);
    expect(fieldCallOf([null, {}, {}, { ...below, variableValues: {} }]).whole).toBe(below.path.prev);
  });

  it('below the root of an event is a part of its subscription, unless several share the operation', () => {
    const operation = { operation: 'subscription', selectionSet: { selections: [] } };
    const subscribed = { ...info, operation, variableValues: {}, path: { prev: undefined, key: 'added' } };
    const root = { prev: undefined, key: 'added' };
    const event = {
      ...info,
      operation,
      variableValues: {},
      parentType: note,
      path: { prev: root, key: 'note' },
    };
    for (const each of [subscribed, subscribed]) fieldCallOf([null, {}, {}, each]);
    expect(fieldCallOf([null, {}, {}, event]).whole).toBe(subscribed.path);
    const other = { ...subscribed, variableValues: {}, path: { ...subscribed.path } };
    for (const each of [other, subscribed]) fieldCallOf([null, {}, {}, each]);
    expect(fieldCallOf([null, {}, {}, event]).whole).toBe(root);
  });

  it.each([
    ['Query', query],
    ['Mutation', mutation],
  ])('below the root is no part of another if it belongs to the type %s', (_name, parentType) => {
    const below = { ...info, parentType, path: { prev: path, key: 'memories' } };
    expect(fieldCallOf([null, {}, {}, below]).whole).toBeUndefined();
  });

  it('lasts if it is the root field of a subscription', () => {
    const subscription = { ...info, operation: { ...info.operation, operation: 'subscription' } };
    const below = { ...subscription, parentType: note, path: { prev: path, key: 'note' } };
    expect([info, subscription, below].map((each) => fieldCallOf([null, {}, {}, each]).isLasting)).toEqual([
      false,
      true,
      false,
    ]);
  });

  it.each([
    ['invalid_request', 'BAD_REQUEST'],
    ['missing_credential', 'UNAUTHENTICATED'],
    ['binding_mismatch', 'FORBIDDEN'],
    ['rate_limited', 'TOO_MANY_REQUESTS'],
    ['storage_unavailable', 'SERVICE_UNAVAILABLE'],
    ['internal_error', 'INTERNAL_SERVER_ERROR'],
  ] as const)('is rejected for %s with the code %s, and without a stack', (problem, code) => {
    const call = fieldCallOf([null, {}, {}, info]);
    const rejection = call.rejection(ProblemException.from(problem, 'what to do', { 'Retry-After': '7' }));
    expect(rejection).toMatchObject({
      message: 'what to do',
      extensions: { code, problem: { code: problem }, retryAfter: 7 },
    });
    expect(rejection.stack).toBe('GraphqlRejection: what to do');
  });
});
