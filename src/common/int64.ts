/** The OpenAPI schema of a 64-bit integer. Generators would read a plain `number` as a float. */
export const INT64 = { type: 'integer', format: 'int64' } as const;
