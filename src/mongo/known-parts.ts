import type { Schema } from 'mongoose';

/** The parts of a record that it has and this version knows: what a newer one added is not this one's to write. */
export function knownParts(
  { paths }: Pick<Schema, 'paths'>,
  fields: object,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => value !== undefined && name in paths),
  );
}
