import type { OpenAPIObject } from '@nestjs/swagger';
import { toOpenApi31 } from './openapi-31';

interface Schemas {
  readonly [name: string]: object;
}

function documentOf(schemas: Schemas): OpenAPIObject {
  return {
    openapi: '3.0.0',
    info: { title: 'test', version: '1' },
    paths: {},
    components: { schemas },
  };
}

function converted(schema: object): unknown {
  return toOpenApi31(documentOf({ Key: schema })).components?.schemas?.['Key'];
}

const LIMIT = { $ref: '#/components/schemas/RateLimit' };

describe('the conversion from OpenAPI 3.0 to OpenAPI 3.1', () => {
  it('sets the version', () => {
    expect(toOpenApi31(documentOf({})).openapi).toBe('3.1.0');
  });

  it.each([
    ['a nullable type', { type: 'string', nullable: true }, { type: ['string', 'null'] }],
    ['a type that is not nullable', { type: 'string', nullable: false }, { type: 'string' }],
    [
      'a nullable enumeration',
      { type: 'string', enum: ['active', 'revoked'], nullable: true },
      { type: ['string', 'null'], enum: ['active', 'revoked', null] },
    ],
    [
      'a nullable list',
      { type: 'array', nullable: true, items: { type: 'string', nullable: true } },
      { type: ['array', 'null'], items: { type: ['string', 'null'] } },
    ],
    [
      'a nullable allOf',
      { nullable: true, type: 'object', description: 'A limit.', allOf: [LIMIT] },
      { description: 'A limit.', anyOf: [LIMIT, { type: 'null' }] },
    ],
    [
      'a nullable allOf of several schemas',
      { nullable: true, allOf: [LIMIT, { required: ['limit'] }] },
      { anyOf: [{ allOf: [LIMIT, { required: ['limit'] }] }, { type: 'null' }] },
    ],
    ['a nullable $ref', { nullable: true, ...LIMIT }, { anyOf: [LIMIT, { type: 'null' }] }],
    [
      'a nullable oneOf',
      { nullable: true, oneOf: [LIMIT, { type: 'string' }] },
      { anyOf: [{ oneOf: [LIMIT, { type: 'string' }] }, { type: 'null' }] },
    ],
    [
      'a description beside a reference',
      { description: 'A limit.', allOf: [LIMIT] },
      { description: 'A limit.', ...LIMIT },
    ],
    [
      'an allOf that restricts a reference',
      { allOf: [LIMIT], required: ['limit'] },
      { allOf: [LIMIT], required: ['limit'] },
    ],
    [
      'exclusive limits',
      { type: 'integer', minimum: 0, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: true },
      { type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 9 },
    ],
    [
      'inclusive limits',
      { type: 'integer', minimum: 0, exclusiveMinimum: false, maximum: 9 },
      { type: 'integer', minimum: 0, maximum: 9 },
    ],
    [
      'limits in the form of 3.1',
      { type: 'integer', minimum: 0, exclusiveMinimum: 1 },
      { type: 'integer', minimum: 0, exclusiveMinimum: 1 },
    ],
    ['an example', { type: 'string', example: 'acme' }, { type: 'string', examples: ['acme'] }],
    ['an example beside examples', { example: 'acme', examples: ['globex'] }, { examples: ['globex'] }],
    [
      'values of a map',
      { type: 'object', additionalProperties: { type: 'string', nullable: true } },
      { type: 'object', additionalProperties: { type: ['string', 'null'] } },
    ],
  ])('converts %s', (_what, schema, expected) => {
    expect(converted(schema)).toEqual(expected);
  });

  it('does not treat the name of a field or the content of an example as a keyword', () => {
    const fields = { nullable: { type: 'boolean' }, example: { type: 'string', nullable: true } };
    expect(
      converted({ type: 'object', properties: fields, example: { nullable: true, example: 'x' } }),
    ).toEqual({
      type: 'object',
      properties: { nullable: { type: 'boolean' }, example: { type: ['string', 'null'] } },
      examples: [{ nullable: true, example: 'x' }],
    });
  });

  it('converts the schemas of parameters, bodies and headers, but not their examples', () => {
    const before = { type: 'string', nullable: true };
    const after = { type: ['string', 'null'] };
    const operation = (schema: object): object => ({
      parameters: [{ name: 'q', in: 'query', schema, example: { schema: before } }],
      requestBody: { content: { 'application/json': { schema, examples: { one: { value: before } } } } },
      responses: { 200: { description: '', headers: { Link: { schema } } } },
    });
    const document = { ...documentOf({}), paths: { '/keys': { get: operation(before) } } };
    const { paths } = toOpenApi31(document as unknown as OpenAPIObject);
    expect(paths).toEqual({ '/keys': { get: operation(after) } });
    expect(document.paths['/keys'].get).toEqual(operation(before));
  });
});
