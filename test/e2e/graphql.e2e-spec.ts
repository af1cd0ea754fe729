import {
  GRAPHQL_SERVERS,
  type GraphqlAnswer,
  type GraphqlHost,
  outcomesOf,
  startGraphqlHost,
} from '../support/graphql-host';

const NAMES = [
  'the key of acme',
  'the key of globex',
  'an unbound key',
  'a stranger',
  'a mistyped token',
] as const;

type CallerName = (typeof NAMES)[number];

/** The outcome of an operation for each caller; `ok` for a name means that its field was resolved. */
interface Row {
  readonly operation: string;
  readonly query: string;
  readonly outcomes: Readonly<Record<CallerName, Readonly<Record<string, string>>>>;
}

/** Returns the outcomes of two fields that name acme and globex, as `a` and `b`. */
const BY_TENANT: Row['outcomes'] = {
  'the key of acme': { a: 'ok', b: 'binding_mismatch' },
  'the key of globex': { a: 'binding_mismatch', b: 'ok' },
  'an unbound key': { a: 'ok', b: 'ok' },
  'a stranger': { a: 'missing_credential', b: 'missing_credential' },
  'a mistyped token': { a: 'malformed_token', b: 'malformed_token' },
};

/** Returns the same outcome of one field for every caller with a key. */
function forKeys(name: string, code: string): Row['outcomes'] {
  return {
    'the key of acme': { [name]: code },
    'the key of globex': { [name]: code },
    'an unbound key': { [name]: code },
    'a stranger': { [name]: 'missing_credential' },
    'a mistyped token': { [name]: 'malformed_token' },
  };
}

const ROWS: readonly Row[] = [
  {
    operation: 'two aliases of a query',
    query: '{ a: memories(orgId: "acme") { text } b: memories(orgId: "globex") { text } }',
    outcomes: BY_TENANT,
  },
  {
    operation: 'two aliases of a mutation',
    query: 'mutation { a: remember(orgId: "acme", text: "x") b: remember(orgId: "globex", text: "x") }',
    outcomes: BY_TENANT,
  },
  {
    operation: 'aliases in named and inline fragments',
    query:
      'query Q { ...A ... on Query { b: memories(orgId: "globex") { text } } } fragment A on Query { a: memories(orgId: "acme") { text } }',
    outcomes: BY_TENANT,
  },
  {
    operation: 'a query that names no tenant',
    query: '{ memories { text } }',
    outcomes: { ...forKeys('memories', 'binding_mismatch'), 'an unbound key': { memories: 'ok' } },
  },
  {
    operation: 'a query with null as the tenant',
    query: '{ memories(orgId: null) { text } }',
    outcomes: { ...forKeys('memories', 'binding_mismatch'), 'an unbound key': { memories: 'ok' } },
  },
  {
    operation: 'a query with an invalid tenant',
    query: '{ memories(orgId: "ac me") { text } }',
    outcomes: {
      ...forKeys('memories', 'invalid_request'),
      'a mistyped token': { memories: 'invalid_request' },
    },
  },
  { operation: 'a self-scoped query', query: '{ mine }', outcomes: forKeys('mine', 'ok') },
  {
    operation: 'a query with a scope that no key holds',
    query: '{ report }',
    outcomes: forKeys('report', 'insufficient_scope'),
  },
  {
    operation: 'a public query',
    query: '{ open }',
    outcomes: {
      ...forKeys('open', 'ok'),
      'a stranger': { open: 'ok' },
      'a mistyped token': { open: 'ok' },
    },
  },
];

describe.each(GRAPHQL_SERVERS)('an operation on $server', (server) => {
  let host: GraphqlHost;
  let tokens: Readonly<Record<CallerName, string | undefined>>;

  beforeAll(async () => {
    host = await startGraphqlHost(server);
    const scopes = ['memory:read', 'memory:write'];
    const [acme, globex, unbound] = await Promise.all(
      ['acme', 'globex', undefined].map(async (orgId) => host.issue({ orgId, scopes })),
    );
    tokens = {
      'the key of acme': acme?.token,
      'the key of globex': globex?.token,
      'an unbound key': unbound?.token,
      'a stranger': undefined,
      'a mistyped token': `${acme?.token}x`,
    };
  });

  afterAll(async () => {
    await host.close();
  });

  describe.each(ROWS)('with $operation', ({ query, outcomes }) => {
    it.each(NAMES)('gets the outcome of each field for %s [T100]', async (caller) => {
      expect(outcomesOf(await host.ask(tokens[caller], query))).toEqual(outcomes[caller]);
    });
  });

  it('gets the data of the tenant that each alias names [T100]', async () => {
    const query =
      '{ a: memories(orgId: "acme") { text size } b: memories(orgId: "globex", projectId: "apollo") { text } }';
    expect(await host.ask(tokens['an unbound key'], query)).toEqual({
      data: {
        a: [{ text: 'memory of acme/undefined', size: 24 }],
        b: [{ text: 'memory of globex/apollo' }],
      },
    });
  });

  it('passes the key, the caller and the binding to a self-scoped field', async () => {
    const { token, key } = await host.issue({ orgId: 'acme' });
    expect(await host.ask(token, '{ mine }')).toEqual({
      data: { mine: `acme ${key.id} key:${key.id}` },
    });
  });

  it.each([
    ['nobody', undefined, '{ mine }', 'UNAUTHENTICATED', 401],
    ['a key without the scope', 'the key of acme', '{ report }', 'FORBIDDEN', 403],
    ['an invalid tenant', 'an unbound key', '{ memories(orgId: "") { text } }', 'BAD_REQUEST', 400],
  ] as const)(
    'is rejected with a GraphQL error and its problem: %s',
    async (_who, caller, query, code, status) => {
      const { errors } = await host.ask(caller && tokens[caller], query);
      expect(errors).toHaveLength(1);
      expect(errors?.[0]?.extensions).toMatchObject({ code, problem: { status } });
      expect(Object.keys(errors?.[0]?.extensions ?? {}).toSorted()).toEqual(['code', 'problem']);
    },
  );

  it.each(NAMES)('in a batch gets the outcome of its own arguments, for %s [T100]', async (caller) => {
    const { text } = await host
      .as(tokens[caller])
      .post('/graphql', [
        { query: '{ a: memories(orgId: "acme") { text } }' },
        { query: '{ b: memories(orgId: "globex") { text } }' },
      ]);
    const answers = JSON.parse(text) as readonly GraphqlAnswer[];
    expect(Object.assign({}, ...answers.map(outcomesOf))).toEqual(BY_TENANT[caller]);
  });

  it.each([
    ['aliases', (count: number) => [`{ ${manyOf(count, (at) => `f${at}: mine`)} }`]],
    [
      'nested fragments',
      (count: number) => [
        `{ ...A } fragment A on Query { ...B f0: mine } fragment B on Query { ${manyOf(count - 1, (at) => `g${at}: mine`)} }`,
      ],
    ],
    [
      'the operations of a batch',
      (count: number) => [...Array(count).keys()].map((at) => `{ f${at}: mine }`),
    ],
  ])(
    'may have 50 root fields, and resolves none of a request with more: %s [T101]',
    async (_how, queriesOf) => {
      const { token } = await host.issue({ orgId: 'acme' });
      const outcomes = async (count: number): Promise<readonly string[]> => {
        const queries = queriesOf(count).map((query) => ({ query }));
        const { text } = await host.as(token).post('/graphql', queries.length === 1 ? queries[0] : queries);
        const answers = [JSON.parse(text) as GraphqlAnswer | readonly GraphqlAnswer[]].flat();
        return answers.flatMap((answer) => Object.values(outcomesOf(answer)));
      };
      expect(await outcomes(50)).toEqual(Array(50).fill('ok'));
      const tooMany = await outcomes(51);
      expect(tooMany).toHaveLength(51);
      expect(tooMany.filter((code) => code === 'ok').length).toBeLessThanOrEqual(50);
      expect(tooMany).toContain('too_many_fields');
      const farTooMany = await outcomes(1000);
      expect(farTooMany.filter((code) => code === 'ok').length).toBeLessThanOrEqual(50);
    },
  );

  it('counts each root field against the rate limit of its key, and nothing below it [T101]', async () => {
    const { token } = await host.issue({
      scopes: ['memory:read', 'note:read'],
      rateLimits: [{ name: 'default', limit: 4, windowSeconds: 3600 }],
    });
    const query = '{ a: memories(orgId: "acme") { text note size } b: memories { note } }';
    expect(outcomesOf(await host.ask(token, query))).toEqual({ a: 'ok', b: 'ok' });
    const answer = await host.ask(token, '{ c: mine d: mine e: mine }');
    expect(Object.values(outcomesOf(answer)).toSorted()).toEqual(['ok', 'ok', 'rate_limited']);
    const [limited] = answer.errors ?? [];
    expect(limited?.extensions).toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      retryAfter: expect.any(Number) as number,
    });
  });

  it('gives a field below the root the tenant of the root field, and requires its own scope', async () => {
    const reader = await host.issue({ orgId: 'acme', scopes: ['memory:read', 'note:read'] });
    const query = '{ memories(orgId: "acme") { note size } }';
    expect(await host.ask(reader.token, query)).toEqual({
      data: { memories: [{ note: 'note of acme about memory of acme/undefined', size: 24 }] },
    });
    const answer = await host.ask(tokens['the key of acme'], query);
    expect(answer.data).toEqual({ memories: [{ note: null, size: 24 }] });
    expect(answer.errors?.map(({ path, extensions }) => [path, extensions?.code])).toEqual([
      [['memories', 0, 'note'], 'FORBIDDEN'],
    ]);
  });

  it('is rejected with two different credentials', async () => {
    const { body } = await host
      .as(tokens['the key of acme'])
      .post('/graphql', { query: '{ mine }' }, { 'X-API-Key': tokens['the key of globex'] ?? '' });
    expect(outcomesOf(body as GraphqlAnswer)).toEqual({ mine: 'invalid_request' });
  });

  it('is rejected after its key is revoked', async () => {
    const issued = await host.issue({ orgId: 'acme' });
    expect(outcomesOf(await host.ask(issued.token, '{ mine }'))).toEqual({ mine: 'ok' });
    await host.revoke(issued);
    expect(outcomesOf(await host.ask(issued.token, '{ a: mine b: mine }'))).toEqual({
      a: 'key_revoked',
      b: 'key_revoked',
    });
  });
});

function manyOf(count: number, fieldOf: (at: number) => string): string {
  return [...Array(count).keys()].map(fieldOf).join(' ');
}
