import type { Schema } from 'mongoose';

/** Returns a document as a record, with MongoDB's `_id` as `id`. */
export function withId<T extends { readonly _id: string }>({
  _id,
  ...fields
}: T): Omit<T, '_id'> & { id: string } {
  return { id: _id, ...fields };
}

/** Returns the fields that have a value. */
export function presentFields<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Returns the fields that have a value and that this version knows. A version must not write fields of a newer one. */
export function knownParts(
  { paths }: Pick<Schema, 'paths'>,
  fields: object,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => value !== undefined && name in paths),
  );
}
