import { noParameters } from './no-parameters.pipe';

const read = (query: Record<string, unknown>): unknown => noParameters.transform(query, { type: 'query' });

describe('a route that takes no parameters', () => {
  it('is called without any', () => {
    expect(read({})).toEqual({});
  });

  it('names every parameter it was called with as unknown', () => {
    expect(() => read({ a: '1', b: ['2'] })).toThrow(
      expect.objectContaining({
        problem: expect.objectContaining({
          code: 'validation_failed',
          errors: [
            { field: '/a', message: 'is not a known field' },
            { field: '/b', message: 'is not a known field' },
          ],
        }),
      }),
    );
  });

  it('names them as a JSON Pointer does, like any other field', () => {
    const errors = [{ field: '/a~1b~0c', message: 'is not a known field' }];
    expect(() => read({ 'a/b~c': '1' })).toThrow(
      expect.objectContaining({ problem: expect.objectContaining({ errors }) }),
    );
  });
});
