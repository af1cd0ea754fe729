import { array, assert, asyncProperty, constantFrom } from 'fast-check';
import { buildSchema, execute, type ExecutionArgs, type GraphQLResolveInfo, parse } from 'graphql';
import type { HttpRequest } from '../../http/http-request';
import { MAX_ROOT_FIELDS, requireFewFields } from './operation-size';

const schema = buildSchema('type Query { a: Int, b: Int, deep: Query }');

/** Executes an operation with graphql-js. Returns the number of root fields that ran, and of those that were rejected. */
async function run(query: string, request?: HttpRequest): Promise<readonly [number, number]> {
  let [ran, rejected] = [0, 0];
  const fieldResolver: ExecutionArgs['fieldResolver'] = (
    _root,
    _args,
    _context,
    info: GraphQLResolveInfo,
  ) => {
    try {
      requireFewFields(info, request);
      ran += 1;
    } catch {
      rejected += 1;
    }
    return null;
  };
  await execute({ schema, document: parse(query), fieldResolver });
  return [ran, rejected];
}

const many = (count: number, prefix = 'f'): string =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}: a`).join(' ');

const aRequest = (): HttpRequest => ({ raw: {} }) as HttpRequest;

describe('an operation', () => {
  it.each([
    ['aliases', (count: number) => `{ ${many(count)} }`],
    ['a fragment', (count: number) => `{ ...F } fragment F on Query { ${many(count)} }`],
    ['an inline fragment', (count: number) => `{ ... on Query { ${many(count)} } }`],
    ['an inline fragment without a type', (count: number) => `{ ... { ${many(count)} } }`],
    [
      'fragments in fragments',
      (count: number) =>
        `{ ...F } fragment F on Query { x: b ...G } fragment G on Query { ${many(count - 1)} }`,
    ],
    [
      'a fragment that is used twice',
      (count: number) => `{ ...F ...F } fragment F on Query { ${many(count)} }`,
    ],
    ['fields that are selected twice', (count: number) => `{ ${many(count)} ${many(count)} }`],
  ])('runs with 50 root fields and not with 51, in %s [T101]', async (_how, queryOf) => {
    expect(await run(queryOf(MAX_ROOT_FIELDS), aRequest())).toEqual([50, 0]);
    expect(await run(queryOf(MAX_ROOT_FIELDS + 1), aRequest())).toEqual([0, 51]);
  });

  it('counts together with the other operations of its request [T101]', async () => {
    const [request, other] = [aRequest(), aRequest()];
    expect(await run(`{ ${many(30)} }`, request)).toEqual([30, 0]);
    expect(await run(`{ ${many(30)} }`, other)).toEqual([30, 0]);
    expect(await run(`{ ${many(21)} }`, request)).toEqual([0, 21]);
    expect(await run(`{ ${many(20)} }`, other)).toEqual([20, 0]);
  });

  it('on an open connection counts alone', async () => {
    for (let time = 0; time < 5; time += 1) expect(await run(`{ ${many(50)} }`)).toEqual([50, 0]);
    expect(await run(`{ ${many(51)} }`)).toEqual([0, 51]);
  });

  it('does not count fields below its root', async () => {
    expect(await run(`{ ${many(49)} deep { ${many(200, 'g')} } }`, aRequest())).toEqual([50, 0]);
  });

  it('counts as many fields as graphql-js resolves, or more if directives skip some', async () => {
    const name = constantFrom('a', 'b', 'c: a', 'd: b', 'e: a', 'f: a @skip(if: true)');
    const selection = array(name, { minLength: 1, maxLength: 8 });
    await assert(
      asyncProperty(selection, selection, selection, async (top, first, second) => {
        const query = `{ ${top.join(' ')} ...F } fragment F on Query { ${first.join(' ')} ... { ...G } } fragment G on Query { ${second.join(' ')} }`;
        const request = aRequest();
        const [ran] = await run(query, request);
        let room = 0;
        while ((await run('{ a }', request))[1] === 0) room += 1;
        expect(MAX_ROOT_FIELDS - room).toBeGreaterThanOrEqual(ran);
        expect(MAX_ROOT_FIELDS - room).toBeLessThanOrEqual(6);
      }),
      { numRuns: 50 },
    );
  });
});
