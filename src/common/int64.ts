/** How OpenAPI describes a whole number of 64 bits. Generators read a plain `number` as a float. */
export const INT64 = { type: 'integer', format: 'int64' } as const;
