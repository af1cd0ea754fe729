import { ApiSchema } from '../openapi/decorators';

/**
 * Names the schema of a JSON body, and documents that unknown fields are rejected.
 *
 * @param name the name of the type in generated clients
 */
export function StrictSchema(name: string): ClassDecorator {
  // Nest copies everything but the name into the schema.
  const described = { name, additionalProperties: false };
  return ApiSchema(described);
}
