/** A document as a record: MongoDB's `_id` is the record's `id`. */
export function withId<T extends { readonly _id: string }>({
  _id,
  ...fields
}: T): Omit<T, '_id'> & { id: string } {
  return { id: _id, ...fields };
}
