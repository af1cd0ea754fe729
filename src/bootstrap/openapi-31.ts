import type { OpenAPIObject } from '@nestjs/swagger';

type Json = string | number | boolean | null | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [name: string]: Json;
}

/** Keywords that annotate a schema without restricting it. The conversion keeps them next to an `anyOf`. */
const ANNOTATIONS: ReadonlySet<string> = new Set([
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
]);

/** Keywords whose values are data, even if they look like schemas. */
const VALUES: ReadonlySet<string> = new Set(['example', 'examples', 'default', 'enum']);

const NAMED_SCHEMAS: ReadonlySet<string> = new Set(['properties', 'patternProperties']);
const LISTED_SCHEMAS: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf']);
const SINGLE_SCHEMAS: ReadonlySet<string> = new Set(['items', 'additionalProperties', 'not']);

/**
 * Converts a document of OpenAPI 3.0, which `@nestjs/swagger` emits, to OpenAPI 3.1, with schemas of JSON Schema
 * 2020-12. `setOpenAPIVersion` of Nest's `DocumentBuilder` would change only the version number in the document.
 *
 * - `nullable` becomes the type `null`; next to `allOf` or `$ref`, it becomes an `anyOf`.
 * - A boolean `exclusiveMinimum` or `exclusiveMaximum` becomes the limit itself.
 * - `example` becomes `examples`.
 * - An `allOf` of a single schema that adds only annotations becomes that schema.
 *
 * @param document is not changed
 */
export function toOpenApi31(document: OpenAPIObject): OpenAPIObject {
  const converted = outsideSchemas(document as unknown as JsonObject) as JsonObject;
  return { ...(converted as unknown as OpenAPIObject), openapi: '3.1.0' };
}

/** Converts the schemas in a part of the document that is not a schema itself. */
function outsideSchemas(node: Json): Json {
  if (Array.isArray(node)) return node.map((each: Json) => outsideSchemas(each));
  if (!isObject(node)) return node;
  return mapMembers(node, (value, name) => {
    if (VALUES.has(name)) return value;
    if (name === 'schema' && isObject(value)) return toSchema(value);
    if (name === 'schemas' && isObject(value)) return mapMembers(value, toSchema);
    return outsideSchemas(value);
  });
}

function toSchema(schema: Json): Json {
  if (!isObject(schema)) return schema;
  const { example, nullable, ...rest } = mapMembers(schema, withinSchema);
  const described = {
    ...withLimits(rest),
    ...(example !== undefined && rest['examples'] === undefined && { examples: [example] }),
  };
  return nullable === true ? orNull(described) : withoutSingleAllOf(described);
}

function withinSchema(value: Json, name: string): Json {
  if (NAMED_SCHEMAS.has(name) && isObject(value)) return mapMembers(value, toSchema);
  if (LISTED_SCHEMAS.has(name) && Array.isArray(value)) return value.map((each: Json) => toSchema(each));
  return SINGLE_SCHEMAS.has(name) ? toSchema(value) : value;
}

function withLimits(schema: JsonObject): JsonObject {
  const {
    minimum,
    maximum,
    exclusiveMinimum: isAbove = false,
    exclusiveMaximum: isBelow = false,
    ...rest
  } = schema;
  return {
    ...rest,
    ...limit('minimum', 'exclusiveMinimum', minimum, isAbove),
    ...limit('maximum', 'exclusiveMaximum', maximum, isBelow),
  };
}

function limit(inclusive: string, exclusive: string, value: Json | undefined, isExclusive: Json): JsonObject {
  if (typeof isExclusive === 'number') {
    return { ...(value !== undefined && { [inclusive]: value }), [exclusive]: isExclusive };
  }
  return value === undefined ? {} : { [isExclusive === true ? exclusive : inclusive]: value };
}

function orNull(schema: JsonObject): JsonObject {
  const { type, enum: values, ...rest } = schema;
  const isComposed = ['$ref', ...LISTED_SCHEMAS].some((keyword) => keyword in rest);
  if (isComposed) {
    const isAnnotation = (name: string): boolean => ANNOTATIONS.has(name) || name.startsWith('x-');
    // The type `object` that Nest puts beside `allOf` would reject null.
    const restriction = withoutSingleAllOf(pick(rest, (name) => !isAnnotation(name)));
    return { ...pick(rest, isAnnotation), anyOf: [restriction, { type: 'null' }] };
  }
  return {
    ...(type !== undefined && { type: [type, 'null'].flat() }),
    ...(Array.isArray(values) && { enum: [...values, null] }),
    ...rest,
  };
}

/** Replaces an `allOf` of one schema by that schema. Since OpenAPI 3.1, annotations may stand next to `$ref`. */
function withoutSingleAllOf(schema: JsonObject): JsonObject {
  const { allOf, ...rest } = schema;
  if (!Array.isArray(allOf) || allOf.length !== 1) return schema;
  const [only] = allOf as readonly Json[];
  const isAnnotated = Object.keys(rest).every((name) => ANNOTATIONS.has(name) || name.startsWith('x-'));
  return isAnnotated && isObject(only) ? { ...only, ...rest } : schema;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function mapMembers(node: JsonObject, change: (value: Json, name: string) => Json): JsonObject {
  return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, change(value, name)]));
}

function pick(node: JsonObject, isPicked: (name: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(node).filter(([name]) => isPicked(name)));
}
