import { ApiSchema } from '@nestjs/swagger';

/**
 * Names the schema of a JSON body, and documents that unknown fields are refused.
 *
 * @param name what a generator calls the type
 */
export function StrictSchema(name: string): ClassDecorator {
  // Nest copies everything but the name into the schema.
  const described = { name, additionalProperties: false };
  return ApiSchema(described);
}
