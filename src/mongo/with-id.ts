import type { Schema } from 'mongoose';

/** Converts a document to a record: renames `_id` to `id`. */
export function withId<T extends { readonly _id: string }>({
  _id,
  ...fields
}: T): Omit<T, '_id'> & { id: string } {
  return { id: _id, ...fields };
}

/** Returns the fields whose value is not `undefined`. */
export function presentFields<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/**
 * Returns the fields that are in the schema and whose value is not `undefined`. This version must not write the fields
 * of a newer version.
 */
export function knownParts(
  { paths }: Pick<Schema, 'paths'>,
  fields: object,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => value !== undefined && name in paths),
  );
}
