import type { Schema } from 'mongoose';

/** A document as a record: MongoDB's `_id` is the record's `id`. */
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

/** The parts of a record that it has and this version knows: what a newer one added is not this one's to write. */
export function knownParts(
  { paths }: Pick<Schema, 'paths'>,
  fields: object,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => value !== undefined && name in paths),
  );
}
